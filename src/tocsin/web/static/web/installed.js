// Keeps the service worker current, so that Tocsin can be installed and says so when there is no network.
if (window.isSecureContext && "serviceWorker" in navigator) {
  addEventListener("load", () => navigator.serviceWorker.register("/sw.js", { scope: "/" }).catch(() => {}));
}
