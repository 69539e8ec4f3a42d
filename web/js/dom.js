// Elements without markup: text only ever becomes text nodes, so nothing a process or a network is
// called can turn into elements. No style attributes either: the policy of the page forbids them.

// element('button', {class: 'x', type: 'button', onclick: act}, 'text', child…)
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : String(value));
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

// Sets an element's text, touching the page only where it differs.
export function put(node, text) {
  const only = node.firstChild;
  if (only && only === node.lastChild && only.nodeType === 3) {
    if (only.data !== text) only.data = text;
  } else if (text !== '' || only) node.textContent = text;
}

export function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
  } else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

// Gives a canvas as many pixels as the screen has for that size, and clears it.
export function fitCanvas(canvas, context, { width, height }) {
  const ratio = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio)) canvas.width = Math.round(width * ratio);
  if (canvas.height !== Math.round(height * ratio)) canvas.height = Math.round(height * ratio);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
}

// A number with its unit set smaller beside it.
export function quantity(className = '') {
  const number = element('span', { class: 'number' });
  const unit = element('span', { class: 'unit' });
  const node = element('span', { class: `quantity ${className}` }, number, unit);
  const show = (parts) => {
    put(number, parts.number);
    put(unit, parts.unit ? `\u00a0${parts.unit}` : '');
  };
  return { node, show };
}
