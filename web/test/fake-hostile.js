// A network whose names are all meant to do harm: as markup, as marks that turn the line, as formulas
// of a spreadsheet, by their length. Everything in it is what a kernel or a process could really say.

import { Network } from './fake-network.js';

export const HOSTILE_NAMES = [
  '<img src=x onerror=alert(1)>', '</script><script>alert(1)</script>', '<b>x</b>', '&lt;i&gt;', '" onmouseover="alert(1)', "javascript:alert('x')",
  '\u202egnp.exe', '\u2066left\u2069\u200fright', '\u0430nna', '=cmd|\' /C calc\'!A0', '@SUM(1+1)', '+1', '-1', '\ttab\tand', 'new\nline', 'carriage\rreturn', '"quoted, with a comma"',
  '__proto__', 'constructor', 'toString', '\\xff\\x5c', '${7*7}{{7*7}}', 'z'.repeat(4096), '\u{1f469}\u200d\u{1f4bb}', ' ', '%00%0a', '#if=eth0&w=60',
];

export function hostileNetwork(options = {}) {
  const network = new Network({ connections: 3 * HOSTILE_NAMES.length, ...options });
  const base = network.interfaces.get('eth0');
  const ids = [...network.connections.keys()];
  HOSTILE_NAMES.forEach((name, index) => {
    network.interfaces.set(name, { ...base, name, kind: name, driver: name, ssid: name, primary: false, counted: false, not_counted_reason: name, addresses: ['192.0.2.66/24'] });
    network.addEvent('link_up', name, `${name}: the link is up`);
    const id = ids[index * 3];
    const record = network.connections.get(id);
    network.connections.set(id, { ...record, connection_type: 'tcp', state: 'established', process_name: name, uid: 5000 + index, user: name, pid: 50_000 + index, evidence: 'proc', unit: `${name}.service`, interface: name, bytes_received: 1, bytes_sent: 1, download_speed: 9e6 - index, upload_speed: 100 });
    const unseen = network.connections.get(ids[index * 3 + 1]);
    const { pid, process_name, ...rest } = unseen;
    network.connections.set(ids[index * 3 + 1], { ...rest, unit: name, uid: 6000 + index, user: name, evidence: 'unit' });
  });
  network.capabilities.wireless = { status: 'error', detail: HOSTILE_NAMES[0] };
  network.hostname = HOSTILE_NAMES[2];
  return network;
}
