// Lets this browser ring: asks for permission, subscribes at the browser's push service, and posts what it answered. The form
// and its words are the page's; without this script, or where a browser cannot, the page says so.
(() => {
  "use strict";
  const form = document.querySelector("form[data-push]");
  if (!form) return;
  const says = form.querySelector("[data-push-says]");
  const button = form.querySelector("button");
  const say = (text) => { says.textContent = text; };

  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/") + "=".repeat((4 - (text.length % 4)) % 4));
    return Uint8Array.from(plain, (each) => each.charCodeAt(0));
  };
  const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  async function subscription(worker) {
    const key = bytes(form.dataset.push);
    const known = await worker.pushManager.getSubscription();
    if (known) {
      const its = known.options.applicationServerKey;
      if (its && text(its) === text(key)) return known;
      await known.unsubscribe(); // under another key of the house: it would be refused there
    }
    return worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
  }

  async function subscribe() {
    if (await Notification.requestPermission() !== "granted") {
      say("This browser may not show notifications of Tocsin. Allow them in its settings for this site, and press again.");
      return;
    }
    await navigator.serviceWorker.register("/sw.js", { scope: "/" });
    const made = await subscription(await navigator.serviceWorker.ready);
    form.elements.endpoint.value = made.endpoint;
    form.elements.p256dh.value = text(made.getKey("p256dh"));
    form.elements.auth.value = text(made.getKey("auth"));
    form.submit();
  }

  const able = window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
  if (!able) {
    say(window.isSecureContext
      ? "This browser takes no pushes. On an iPhone or iPad add Tocsin to the home screen first, and open it there."
      : "Browsers take pushes from https:// addresses only.");
    return;
  }
  button.hidden = false;
  say("");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.setAttribute("aria-busy", "true");
    say("Asking the browser…");
    subscribe()
      .catch((failed) => say(`The browser could not subscribe: ${failed.message}`))
      .finally(() => button.removeAttribute("aria-busy"));
  });
})();
