// Single keys as shortcuts. They can be switched off (WCAG 2.1.4), never act while someone types or
// has a control that wants the key, and leave every combination with Ctrl, Alt or Meta alone.

const TYPES_TEXT = 'input:not([type=checkbox]), select, textarea, [contenteditable]';
const USES_SPACE = `${TYPES_TEXT}, button, summary, a[href], input`;
const NAMES = { ' ': 'Space', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc' };

// As it stands on the key.
export const keyName = (key) => NAMES[key] ?? key;

// shortcuts: [{keys, does (in words), act(event), isFar: only where nothing has the focus}], the one
// table that the help shows as well. Without act: an element does it itself while it has the focus.
export function listenForKeys(target, { isOn, shortcuts }) {
  const acts = new Map(shortcuts.filter(({ act }) => act).flatMap((shortcut) => shortcut.keys.map((key) => [key, shortcut])));
  target.addEventListener('keydown', (event) => {
    const { key } = event;
    if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented || (key.length === 1 && !isOn())) return;
    const shortcut = acts.get(key);
    if (!shortcut || event.target.closest?.(`dialog, ${key === ' ' ? USES_SPACE : TYPES_TEXT}`)) return;
    if (shortcut.isFar && event.target.closest?.('main *, header *')) return;
    event.preventDefault();
    shortcut.act(event);
  });
}
