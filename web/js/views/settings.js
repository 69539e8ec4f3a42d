// The dialogs: the choices a person makes once, and the list of keys.

import { element } from '../dom.js';

const NAMES = {
  theme: ['Theme', { system: 'As the system', light: 'Light', dark: 'Dark' }],
};

// applied: {name of a choice: what is to follow when it changes}
export function createSettings(app, applied) {
  const { prefs } = app;
  const field = ([name, [title, labels]]) => {
    const select = element('select', { onchange: () => {
      prefs.set(name, select.value);
      applied[name]?.();
      app.schedule.hurry();
    } }, ...Object.entries(labels).map(([value, label]) => element('option', { value }, label)));
    select.value = prefs.get(name);
    return element('label', { class: 'choice' }, element('span', {}, title), select);
  };
  const dialog = element('dialog', { 'aria-labelledby': 'settings-title' },
    element('h2', { id: 'settings-title' }, 'Settings'), ...Object.entries(NAMES).map(field),
    element('form', { method: 'dialog' }, element('button', { class: 'button' }, 'Close')));
  document.body.append(dialog);
  return { open: () => dialog.showModal(), help: () => dialog.showModal() };
}
