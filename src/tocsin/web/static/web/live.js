// Keeps a page true without reloading it: when the server says that something changed, the same page is fetched again and the
// regions marked data-live take their new content. Quick forms are sent the same way. Without this script everything still
// works, by loading pages.
(() => {
  "use strict";

  const SLOWLY = 60_000; // between looks when nothing is heard; ages and countdowns move on by it
  const CALM = 1_000; // after a look, before the next one that news asks for
  const AGAIN = 5_000; // before a lost stream is tried anew
  const READ = 10_000; // how long good news stays on the page
  const meta = () => document.querySelector('meta[name="live-token"]');
  const shown = document.querySelector("[data-live-state]");
  let stream = null;
  let fetching = false;
  let wanted = false;
  let retry = 0;

  // --- what the page shows ---------------------------------------------------------------------------------------------

  function tell(state, word) {
    if (!shown) return;
    shown.hidden = false;
    shown.dataset.state = state;
    shown.querySelector("[data-live-word]").textContent = word;
  }

  // Tokens of forms differ in every answer and mean the same.
  const same = (element) => element.innerHTML.replace(/(name="csrfmiddlewaretoken" value=")[^"]*/g, "$1");

  // What somebody is typing is never taken from them.
  const busy = (region) => [...region.querySelectorAll("input, textarea, select")].some((field) =>
    field.type !== "hidden" && (field === document.activeElement || (ticks(field) ? field.checked !== field.defaultChecked : field.value !== before(field))));
  const ticks = (field) => field.type === "checkbox" || field.type === "radio";
  const before = (field) => field.tagName === "SELECT"
    ? ([...field.options].find((option) => option.defaultSelected) || field.options[0] || {}).value
    : field.defaultValue;

  function take(fresh, names) {
    for (const region of document.querySelectorAll(names)) {
      const next = fresh.getElementById(region.id);
      if (!next || same(region) === same(next) || busy(region)) continue;
      const open = [...region.querySelectorAll("details[open][id]")].map((fold) => fold.id);
      const focus = region.contains(document.activeElement) ? document.activeElement : null;
      const place = focus && (focus.id ? `#${CSS.escape(focus.id)}` : focus.value && `[value="${CSS.escape(focus.value)}"]`);
      region.replaceChildren(...next.childNodes);
      open.forEach((id) => document.getElementById(id)?.setAttribute("open", ""));
      if (place) region.querySelector(place)?.focus({ preventScroll: true });
    }
    const token = fresh.querySelector('meta[name="live-token"]');
    if (token && meta()) meta().content = token.content;
    document.title = fresh.title;
  }

  async function read(answer) {
    const signIn = new URL(answer.url).pathname === "/sign-in" && location.pathname !== "/sign-in";
    if (signIn) { location.reload(); throw new Error("signed out"); }
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  }

  async function look() {
    if (fetching) { wanted = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { "X-Tocsin-Live": "1" }, cache: "no-store" });
      if (!answer.ok) throw new Error(String(answer.status));
      take(await read(answer), "[data-live]");
      if (stream && stream.readyState === EventSource.OPEN) tell("live", "Live");
    } catch {
      tell("waiting", "No connection");
    } finally {
      fetching = false;
      if (wanted) { wanted = false; setTimeout(look, CALM); } // in a storm, once a second and not a thousand times
    }
  }

  // --- the stream ------------------------------------------------------------------------------------------------------

  function listen() {
    clearTimeout(retry);
    if (stream || document.hidden || !meta()) return;
    stream = new EventSource(`/live?token=${encodeURIComponent(meta().content)}`);
    stream.addEventListener("open", () => { tell("live", "Live"); look(); }); // what happened before it opened
    stream.addEventListener("changed", look);
    stream.addEventListener("error", () => {
      tell("waiting", "Reconnecting");
      if (stream && stream.readyState === EventSource.CLOSED) { // its token is too old, or the server restarts
        hush();
        retry = setTimeout(() => look().then(listen), AGAIN);
      }
    });
  }

  function hush() {
    if (stream) stream.close();
    stream = null;
  }

  // --- forms that answer in place --------------------------------------------------------------------------------------

  function say(text) {
    const message = document.createElement("p");
    message.className = "message message-error";
    message.textContent = text;
    document.querySelector("[data-said]")?.replaceChildren(message);
  }

  async function send(form, button) {
    const body = new URLSearchParams(new FormData(form));
    if (button && button.name) body.set(button.name, button.value);
    if (button) button.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      const fresh = await read(answer);
      if (!answer.ok) { say(`Not done (${answer.status}). Reload this page and press again.`); return; }
      if (new URL(answer.url).pathname !== location.pathname) { location.assign(answer.url); return; }
      form.reset();
      form.closest("details.fold")?.removeAttribute("open");
      take(fresh, "[data-live], [data-said]");
      const good = document.querySelectorAll(".message-success");
      setTimeout(() => good.forEach((message) => message.remove()), READ);
    } catch {
      say("Not sent: there is no connection. Press again.");
    } finally {
      if (button) button.removeAttribute("aria-busy");
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("form[data-quick]")) return;
    event.preventDefault();
    if (event.submitter?.getAttribute("aria-busy") !== "true") send(form, event.submitter);
  });

  // --- small things ----------------------------------------------------------------------------------------------------

  const OPEN_MENUS = "details.menu[open], details.more-rooms[open]";
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll(OPEN_MENUS)) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll(OPEN_MENUS)) { menu.open = false; menu.querySelector("summary").focus(); }
  });
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) hush();
    else { look(); listen(); }
  });

  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone) document.cookie = `tocsin_zone=${zone}; path=/; max-age=31536000; samesite=lax`;
  if (document.querySelector("[data-live]")) {
    listen();
    setInterval(() => { if (!document.hidden) look(); }, Number(document.body.dataset.look || 0) * 1000 || SLOWLY);
  }
})();
