// Single keys as shortcuts. They can be switched off (WCAG 2.1.4), never act while someone types or
// has a control that wants the key, and leave every combination with Ctrl, Alt or Meta alone.

const TYPES_TEXT = 'input:not([type=checkbox]), select, textarea, [contenteditable]';
const USES_SPACE = `${TYPES_TEXT}, button, summary, a[href], input`;

export function listenForKeys(target, { isOn, acts }) {
  target.addEventListener('keydown', (event) => {
    if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return;
    const act = acts[event.key];
    if (!act || event.target.closest?.(event.key === ' ' ? USES_SPACE : TYPES_TEXT)) return;
    event.preventDefault();
    act();
  });
}
