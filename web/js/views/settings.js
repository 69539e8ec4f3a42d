// The dialogs: the choices a person makes once, applied at once, and the help. Focus, Escape and the
// cover over the rest are the platform's.

import { element, put } from '../dom.js';
import { keyName } from '../keys.js';
import { CHOICES } from '../prefs.js';

// Of each choice its words, in the order of CHOICES; a text alone is a box to tick.
const FIELDS = {
  unit: ['Speeds in', ['bits per second', 'bytes per second']],
  base: ['Bytes count by', ['1024 (KiB, MiB, GiB)', '1000 (kB, MB, GB)']],
  axis: ['Scale of charts', ['one for both directions', 'one for each direction', 'logarithmic', 'up to the link’s speed']],
  every: ['Draw', ['at each reading', 'every 2 seconds', 'every 5 seconds']],
  theme: ['Colours', ['as the system', 'light', 'dark']],
  density: ['Spacing', ['comfortable', 'compact']],
  virtual: 'Show virtual interfaces and loopback',
  shortcuts: 'Single keys as shortcuts',
};

const GRAMMAR = [
  ['firefox', 'has that word in its process, addresses, state, user or unit'],
  ['port:443|80, port:8000-8999', 'a port of either side; lport: and rport: of one'],
  ['state:est, proto:udp', 'how its state begins; the protocol'],
  ['process: pid: user: unit:', 'whose it is'],
  ['remote:10.0.0.0/8', 'a part of an address or a network; addr: local: remote:'],
  ['iface:eth0', 'what goes through that interface'],
  ['down>1M, rtt>100, age<10s', 'bits per second, milliseconds, time'],
  ['-lo, -state:listen', 'not so'],
];
const MARKS = [
  ['Blue, above', 'download'], ['Orange, below', 'upload'], ['A gap', 'nothing is known of that time'],
  ['A red band', 'the link was down'], ['A grey band', 'the server did not run'],
  ['▲ at the top', 'packets were lost: errors or drops'], ['A vertical line', 'an event of the link'],
];

function field([name, words], { prefs, change }) {
  if (typeof words === 'string') {
    const box = element('input', { type: 'checkbox', onchange: () => change(name, box.checked) });
    return { name, show: () => (box.checked = prefs.get(name)), node: element('label', { class: 'check' }, box, words) };
  }
  const [title, labels] = words;
  const choices = CHOICES[name];
  const select = element('select', { onchange: () => change(name, choices[select.selectedIndex]) }, ...labels.map((label) => element('option', {}, label)));
  return { name, show: () => (select.selectedIndex = choices.indexOf(prefs.get(name))), node: element('label', { class: 'field' }, element('span', {}, title), select) };
}

function dialog(id, title, ...content) {
  const head = element('form', { method: 'dialog', class: 'dialog-head' }, element('h2', { id }, title), element('button', { class: 'button quiet', 'aria-label': 'Close' }, '✕'));
  const node = element('dialog', { 'aria-labelledby': id, onclick: (event) => event.target === node && node.close() }, element('div', { class: 'dialog-body' }, head, ...content));
  document.body.append(node);
  return { node, open: () => node.open || node.showModal() };
}

const list = (pairs) => element('dl', { class: 'terms' }, ...pairs.map(([term, meaning]) => element('div', {}, element('dt', {}, ...[term].flat()), element('dd', {}, meaning))));
const keysOf = ({ keys }) => keys.flatMap((key, index) => [index ? ' ' : '', element('kbd', {}, keyName(key))]);

function createHelp(shortcuts) {
  const link = (href, text) => element('a', { href }, text);
  return dialog('help-title', 'Help',
    element('div', { class: 'columns' },
      element('section', {}, element('h3', {}, 'Keys'), list(shortcuts.map((shortcut) => [keysOf(shortcut), shortcut.does]))),
      element('section', {},
        element('h3', {}, 'Searching connections'), list(GRAMMAR),
        element('h3', {}, 'In charts'), list(MARKS),
        element('h3', {}, 'The same data for programs'),
        element('p', {}, link('api/v1/openapi.yaml', 'REST'), ' · ', link('api/v1/asyncapi.yaml', 'WebSocket'), ' · ', link('metrics', 'Prometheus')))));
}

// changed(name): a choice is another now. shortcuts: see keys.js.
export function createSettings({ prefs, changed, shortcuts }) {
  const change = (name, value) => {
    prefs.set(name, value);
    changed(name);
  };
  const fields = Object.entries(FIELDS).map((entry) => field(entry, { prefs, change }));
  const said = element('span', { role: 'status', class: 'muted' });
  const show = () => {
    for (const { show: showField } of fields) showField();
  };
  const reset = () => {
    prefs.reset();
    for (const { name } of fields) changed(name);
    show();
    put(said, 'All as at first.');
  };
  const help = createHelp(shortcuts);
  const settings = dialog('settings-title', 'Settings',
    element('div', { class: 'fields' }, ...fields.map(({ node }) => node)),
    element('p', { class: 'dialog-foot' },
      element('button', { type: 'button', class: 'button quiet', onclick: reset }, 'Reset'), said,
      element('button', { type: 'button', class: 'button quiet', onclick: () => (settings.node.close(), help.open()) }, 'Help and keys')),
    element('p', { class: 'muted' }, 'Kept in this browser.'));
  return {
    open: () => {
      show();
      put(said, '');
      settings.open();
    },
    help: help.open,
  };
}
