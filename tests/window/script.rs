//! JavaScript that looks at the page.

/// Finds elements of the mirror by name: `arguments[0]` is the name, `arguments[1]` a role or null.
/// Answers the best match as its box, or null. An exact name beats one that begins so, which beats
/// one that holds the words.
pub(crate) const FIND: &str = r"
const [wanted, role] = arguments;
const nameOf = node => (node.getAttribute('aria-label') || node.value || node.textContent || '').trim();
let best = null;
for (const node of document.querySelectorAll('[aria-label], [role], button, input, textarea')) {
  if (role && (node.getAttribute('role') || node.tagName.toLowerCase()) !== role) continue;
  const name = nameOf(node);
  const rank = name === wanted ? 3 : name.startsWith(wanted) ? 2 : name.includes(wanted) ? 1 : 0;
  if (!rank || (best && best.rank >= rank)) continue;
  const box = node.getBoundingClientRect();
  if (box.width < 1 || box.height < 1) continue;
  best = { rank, name, x: box.x + box.width / 2, y: box.y + box.height / 2,
           disabled: node.getAttribute('aria-disabled') === 'true' || node.disabled === true };
}
return best;
";

/// All names on the screen, for the message of a test that fails.
pub(crate) const NAMES: &str = r"
const names = [];
for (const node of document.querySelectorAll('[aria-label], [role], button, input, textarea')) {
  const name = (node.getAttribute('aria-label') || node.value || node.textContent || '').trim();
  if (name) names.push((node.getAttribute('role') || node.tagName.toLowerCase()) + ': ' + name.slice(0, 120));
}
return names;
";

/// In a driven page the mirror takes clicks, for drivers that click elements. This test clicks the
/// picture, as a person does. Answers whether the screens were there already: before that, the page
/// has not read whether it is driven.
pub(crate) const LET_CLICKS_THROUGH: &str = r"
if (!window.__sluice) return false;
delete document.documentElement.dataset.driven;
if (window.__drawn === undefined) {
  // A busy machine draws late: what was pressed counts as done only after a frame has seen it.
  const next = window.sluiceNextFrame;
  window.__drawn = window.__pressed = performance.now();
  window.sluiceNextFrame = (wait) => { window.__drawn = performance.now(); next(wait); };
  for (const name of ['keydown', 'keyup', 'pointerdown', 'pointerup']) {
    window.addEventListener(name, () => { window.__pressed = performance.now(); }, { capture: true, passive: true });
  }
}
return true;
";

/// What is known of a page whose screens did not start: what it says itself, and whether it can draw and run them.
pub(crate) const WHAT_STARTED: &str = r"
const gl = document.createElement('canvas').getContext('webgl2');
const trouble = document.getElementById('trouble-text');
return {
  address: location.href,
  state: document.readyState,
  says: trouble ? trouble.textContent : 'there is no page',
  draws: gl ? gl.getParameter(gl.VERSION) : 'no WebGL 2',
  module: typeof WebAssembly,
  canvas: (canvas => canvas && [canvas.width, canvas.height])(document.querySelector('canvas')),
  visible: document.visibilityState,
};
";

/// Whether the screens await no answer and have seen everything that was pressed.
pub(crate) const IS_IDLE: &str = "return window.__sluice.idle() && window.__drawn >= window.__pressed;";

/// Whether text that is made at run time can be run as a program.
pub(crate) const TRY_EVAL: &str = r"
try { (0, eval)('1 + 1'); return 'ran'; } catch (error) { return error.name; }
";

/// Makes one call and tells whether it went as bytes over the shell's own protocol. Were that blocked,
/// the shell's script would fall back to text messages without a word.
pub(crate) const CALL_AS_THE_PAGE_DOES: &str = r#"
const asked = [];
const fetchOfPage = window.fetch;
window.fetch = (address, ...rest) => { asked.push(String(address)); return fetchOfPage(address, ...rest); };
const body = new TextEncoder().encode(JSON.stringify({ request: 'jobs' }));
return window.__TAURI__.core.invoke('call', body).then(
  answer => ({ asked, bytes: answer instanceof ArrayBuffer, text: new TextDecoder().decode(answer) }),
  error => ({ asked, bytes: false, text: String(error) }),
).finally(() => { window.fetch = fetchOfPage; });
"#;
