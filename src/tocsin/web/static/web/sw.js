// The service worker: shows pages that were pushed, acknowledges them from the lock screen, and says so when there is no
// network. It keeps no page of the house: what is on screen is true, or it is not there. `HOUSE` is put before it when served.

const SHELL = "tocsin-offline-1";

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches.open(SHELL)
      .then((shell) => shell.addAll([HOUSE.offline, ...HOUSE.needed].map((url) => new Request(url, { cache: "reload", credentials: "omit" }))))
      .then(() => self.skipWaiting())
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches.keys()
      .then((names) => Promise.all(names.filter((name) => name.startsWith("tocsin-") && name !== SHELL).map((name) => caches.delete(name))))
      .then(() => self.clients.claim())
  );
});

self.addEventListener("fetch", (event) => {
  if (event.request.mode === "navigate") {
    event.respondWith(fetch(event.request).catch(() => caches.match(HOUSE.offline)));
  } else if (HOUSE.needed.includes(new URL(event.request.url).pathname)) {
    event.respondWith(fetch(event.request).catch(() => caches.match(event.request, { ignoreVary: true })));
  }
});

// --- pages ---------------------------------------------------------------------------------------------------------------

function read(data) {
  try {
    const said = data ? data.json() : null;
    if (said && typeof said.title === "string") return said;
  } catch { /* a push that cannot be read still rings: the browser demands a notification, and something is up */ }
  return { title: "Tocsin", body: "Something needs you. Open Tocsin.", tag: "unread", url: "/" };
}

// Only ways within this house, whatever a message says.
function inside(path) {
  const url = new URL(path || "/", self.location.origin);
  return url.origin === self.location.origin ? url.href : `${self.location.origin}/`;
}

function options(said) {
  const actions = [], link = said.ack ? inside(said.ack) : "";
  const ack = link.startsWith(`${self.location.origin}/r/`) ? link : "";
  if (ack) actions.push({ action: "acknowledge", title: said.count > 1 ? `Acknowledge all ${said.count}` : "Acknowledge" });
  if (ack) actions.push({ action: "open", title: "Open" });
  return {
    body: said.body || "",
    tag: said.tag || undefined,
    renotify: Boolean(said.tag),
    requireInteraction: Boolean(said.high && ack),
    timestamp: said.since || Date.now(),
    vibrate: said.high ? [300, 100, 300, 100, 600] : [200],
    icon: HOUSE.icon,
    badge: HOUSE.badge,
    data: { url: inside(said.url), ack, title: said.title, tag: said.tag || "" },
    actions,
  };
}

self.addEventListener("push", (event) => {
  const said = read(event.data);
  event.waitUntil(self.registration.showNotification(said.title, options(said)));
});

// --- answers -------------------------------------------------------------------------------------------------------------

async function acknowledge(data) {
  let title = "Not acknowledged", body = `${data.title}\nThere is no connection. Tap to open it.`, ack = data.ack;
  try {
    const answer = await fetch(data.ack, { method: "POST", headers: { Accept: "text/plain" }, credentials: "omit", redirect: "error" });
    const text = (await answer.text()).trim();
    if (answer.ok) { title = text.split("\n")[0] || "Acknowledged"; body = data.title; ack = ""; }
    else body = `${data.title}\n${text.split("\n")[0] || `The house answered ${answer.status}.`} Tap to open it.`;
  } catch { /* said above: nothing was acknowledged */ }
  await self.registration.showNotification(title, {
    body, tag: data.tag || undefined, icon: HOUSE.icon, badge: HOUSE.badge, silent: !ack,
    requireInteraction: Boolean(ack), data: { ...data, ack },
    actions: ack ? [{ action: "acknowledge", title: "Try again" }, { action: "open", title: "Open" }] : [],
  });
}

async function open(url) {
  const windows = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = windows.find((each) => each.url === url) || windows[0];
  if (there) {
    const moved = there.url === url ? there : await there.navigate(url).catch(() => null);
    if (moved) return moved.focus();
  }
  return self.clients.openWindow(url);
}

self.addEventListener("notificationclick", (event) => {
  const data = event.notification.data || {};
  event.notification.close();
  event.waitUntil(event.action === "acknowledge" && data.ack ? acknowledge(data) : open(inside(data.url)));
});
