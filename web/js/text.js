// Text that others wrote (process, interface and host names) made fit to show: control characters
// and the marks that turn the direction of what follows are made visible, length is bounded.
// It only ever reaches the page as text nodes and attributes.

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const LONGEST = 120;

export function plain(text, longest = LONGEST) {
  if (text === undefined || text === null) return '';
  const whole = String(text);
  const cut = whole.length > longest ? `${whole.slice(0, longest).replace(/[\ud800-\udbff]$/, '')}…` : whole;
  return cut.replace(UNSAFE, '\ufffd');
}

// A word of the protocol as people write it: syn_sent -> syn sent.
export const words = (code) => plain(code).replaceAll('_', ' ');
