// Loads the screens and watches over their renderer. No data passes through here.

const root = document.documentElement;
const canvas = document.getElementById("sluice");

// Background of the theme used last, before the first frame.
try {
  root.dataset.theme = localStorage.getItem("sluice-theme") === "light" ? "light" : "dark";
} catch {
  root.dataset.theme = "dark";
}
if (navigator.webdriver) {
  root.dataset.driven = "";
}

function trouble(text, action) {
  document.getElementById("trouble-text").textContent = text;
  const button = document.getElementById("trouble-action");
  button.textContent = action;
  button.onclick = () => location.reload();
  document.getElementById("trouble").hidden = false;
}

window.sluiceFailed = (problem) =>
  trouble(`The screens could not start: ${problem}. The lake is unchanged.`, "Try again");
window.sluiceStarted = () => {
  document.getElementById("trouble").hidden = true;
};
window.sluiceTheme = (theme) => {
  root.dataset.theme = theme;
  try {
    localStorage.setItem("sluice-theme", theme);
  } catch {
    // Private storage is off; the session remembers the theme.
  }
};

// Keys that a browser would take away. They still reach the screens.
const taken = (event) => {
  const ctrl = event.ctrlKey || event.metaKey;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (/^F([1-9]|1[0-2])$/.test(key)) return true;
  if (ctrl && ["b", "d", "f", "g", "h", "i", "j", "k", "l", "o", "p", "r", "s", "t", "u", "w", "e"].includes(key)) return true;
  if (ctrl && ["Tab", "Enter", " ", "1", "2", "3", "4", "5", "6", "7"].includes(key)) return true;
  if (event.altKey && ["ArrowLeft", "ArrowRight"].includes(key)) return true;
  return false;
};
window.addEventListener("keydown", (event) => taken(event) && event.preventDefault(), { capture: true });
window.addEventListener("contextmenu", (event) => event.preventDefault());

// The screens smooth their own edges and have no depth: four samples per pixel and a depth buffer cost more than half
// of the frames where no graphics card helps.
const getContext = canvas.getContext.bind(canvas);
canvas.getContext = (kind, options) => {
  const lean = { ...options, antialias: false, depth: false, stencil: false };
  // A driver without such a surface gives what it has.
  return (kind.startsWith("webgl") && getContext(kind, lean)) || getContext(kind, options);
};

// The renderer asks for a frame after every frame, for ever, and mostly draws nothing in it. The screens say when they
// need the next one; until then, or until something happens, the request waits.
const SLEEP_MAX = 2000; // milliseconds
const AWAKE = 100; // milliseconds for which frames come at once after something happened
const SOON = 30; // milliseconds; a shorter wait is a frame
const HELD = -1; // id of a request that waits
const nextFrame = window.requestAnimationFrame.bind(window);
const cancelFrame = window.cancelAnimationFrame.bind(window);
let due = 0;
let awake = 0;
let held = null;
let timer = 0;
const release = () => {
  if (held === null) return;
  const callback = held;
  held = null;
  clearTimeout(timer);
  nextFrame(callback);
};
const wake = () => {
  awake = performance.now() + AWAKE;
  release();
};
window.requestAnimationFrame = (callback) => {
  const now = performance.now();
  const wait = due - now;
  if (wait <= SOON || now < awake) return nextFrame(callback);
  held = callback;
  timer = setTimeout(release, Math.min(wait, SLEEP_MAX));
  return HELD;
};
window.cancelAnimationFrame = (id) => {
  if (id !== HELD) return cancelFrame(id);
  held = null;
  clearTimeout(timer);
};
window.sluiceNextFrame = (wait) => {
  due = performance.now() + wait;
};
window.sluiceWake = wake;
const happenings = [
  "pointerdown", "pointerup", "pointermove", "pointerleave", "mousemove", "mousedown", "mouseup", "mouseleave",
  "click", "wheel", "touchstart", "touchmove", "touchend", "touchcancel", "keydown", "keyup", "input", "paste", "copy",
  "cut", "focus", "blur", "resize", "compositionstart", "compositionupdate", "compositionend", "visibilitychange",
  "dragover", "drop", "beforeinput",
];
for (const name of happenings) window.addEventListener(name, wake, { capture: true, passive: true });

canvas.addEventListener("webglcontextlost", (event) => {
  event.preventDefault();
  trouble("The graphics driver dropped the window. Your work is saved and jobs keep running.", "Restart renderer");
});

if (typeof WebAssembly !== "object") {
  trouble("This webview has no WebAssembly, which Sluice needs.", "Try again");
} else {
  import("./sluice_ui.js")
    .then((screens) => screens.default({ module_or_path: new URL("./sluice_ui_bg.wasm", import.meta.url) }))
    .catch((problem) => window.sluiceFailed(problem));
}
