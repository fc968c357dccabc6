// Comforts of a schedule's pages: the exact hours under the pointer, choosing a stretch by dragging over the last row, and
// a preview that follows the form. Without this script shifts are links, hours are typed, and the preview is a button.
(() => {
  "use strict";

  document.documentElement.classList.add("scripted");
  const SVG = "http://www.w3.org/2000/svg";
  const SLIGHT = 8; // pixels: less is a tap
  const PAUSE = 350; // after the last change of a form

  // On a phone the drawing is wider than its box: it begins where now is.
  for (const box of document.querySelectorAll(".tl-box")) {
    const now = box.querySelector(".now-line");
    if (now) box.scrollLeft = Math.max(0, now.getBoundingClientRect().left - box.getBoundingClientRect().left - 130);
  }

  // --- what is under the pointer or the focus --------------------------------------------------------------------------

  function tell(event) {
    const says = document.getElementById("tl-says");
    const bar = event.target.closest?.(".tl-link, .tl-still");
    if (!says || !bar) return;
    const text = bar.getAttribute("aria-label") || bar.querySelector("title")?.textContent;
    if (text) says.textContent = text;
  }
  document.addEventListener("pointerover", tell);
  document.addEventListener("focusin", tell);

  // Arrow keys walk along a row of shifts; Tab leaves it after one.
  document.addEventListener("keydown", (event) => {
    const link = event.target.closest?.(".tl-link");
    if (!link || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
    const all = [...link.parentNode.querySelectorAll(".tl-link")];
    const next = all[all.indexOf(link) + (event.key === "ArrowRight" ? 1 : -1)];
    if (next) { event.preventDefault(); next.focus(); }
  });

  // --- a stretch of the last row ---------------------------------------------------------------------------------------

  let drag = null;

  const share = (lane, x) => {
    const box = lane.getBoundingClientRect();
    return Math.min(1, Math.max(0, (x - box.left) / box.width));
  };
  function stretch() {
    const { lane, first, last } = drag;
    const [from, to, snap] = ["from", "to", "snap"].map((name) => Number(lane.dataset[name]));
    const at = (part) => from + Math.round((part * (to - from)) / snap) * snap;
    const begin = at(Math.min(first, last)), end = at(Math.max(first, last));
    return { begin, end: Math.max(end, begin + snap), from, to };
  }
  function draw() {
    const { begin, end, from, to } = stretch();
    const part = (at) => (100 * (at - from)) / (to - from);
    drag.mark.setAttribute("x", `${part(begin)}%`);
    drag.mark.setAttribute("width", `${part(end) - part(begin)}%`);
    const says = document.getElementById("tl-says");
    const word = (at) => new Date(at * 1000).toLocaleString("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: drag.zone });
    if (says) says.textContent = `${word(begin)} to ${word(end)}`;
  }

  document.addEventListener("pointerdown", (event) => {
    const lane = event.target.closest?.("[data-choose]");
    if (!lane || event.button !== 0) return;
    drag = { lane, first: share(lane, event.clientX), last: 0, x: event.clientX, zone: lane.dataset.zone, mark: null };
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag) return;
    if (!drag.mark) {
      if (Math.abs(event.clientX - drag.x) < SLIGHT) return;
      drag.mark = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ class: "tl-chosen", y: "0", height: "100%", rx: "5" })) drag.mark.setAttribute(name, value);
      drag.lane.append(drag.mark);
    }
    event.preventDefault();
    drag.last = share(drag.lane, event.clientX);
    draw();
  });
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    const { lane, mark } = drag;
    if (mark) {
      const { begin, end } = stretch();
      const said = new URLSearchParams({ starts_at: new Date(begin * 1000).toISOString().replace(".000", ""), ends_at: new Date(end * 1000).toISOString().replace(".000", "") });
      const hold = (event) => event.preventDefault(); // the click on the link on which it began
      document.addEventListener("click", hold, true);
      setTimeout(() => document.removeEventListener("click", hold, true), 50);
      location.assign(`${lane.dataset.choose}?${said}`);
    }
    drag = null;
  });
  document.addEventListener("pointercancel", () => { drag?.mark?.remove(); drag = null; });
  addEventListener("pageshow", () => { for (const mark of document.querySelectorAll(".tl-chosen")) mark.remove(); }); // come back to
  document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-choose]")) event.preventDefault(); });

  // --- forms that are drawn while they are filled in ---------------------------------------------------------------------

  // <form data-preview="id">: that region is what the same page answers to `do=look`.
  for (const form of document.querySelectorAll("form[data-preview]")) {
    const region = document.getElementById(form.dataset.preview);
    let waiting = 0, asked = 0;

    async function look() {
      const number = ++asked;
      const body = new URLSearchParams(new FormData(form));
      body.set("do", "look");
      region.setAttribute("aria-busy", "true");
      try {
        const answer = await fetch(form.action, { method: "POST", body });
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(region.id);
        if (number === asked && fresh) region.replaceChildren(...fresh.childNodes);
      } catch { /* the button is still there */ } finally {
        if (number === asked) region.removeAttribute("aria-busy");
      }
    }
    const soon = () => { clearTimeout(waiting); waiting = setTimeout(look, PAUSE); };

    function onlyFor() { // fields that mean something for one choice alone
      const kind = form.querySelector("[name=kind]:checked");
      for (const field of form.querySelectorAll("[data-only]")) field.hidden = Boolean(kind) && kind.value !== field.dataset.only;
    }
    form.addEventListener("change", () => { onlyFor(); soon(); });
    form.addEventListener("input", soon);
    onlyFor();
    for (const button of form.querySelectorAll("[data-look]")) button.hidden = true;
  }
})();
