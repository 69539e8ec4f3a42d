// The theme's colours as canvas wants them: resolved from the style sheet, which is the only place
// where colours are written (and where forced colours and the theme switch take effect).

const TOKENS = ['download', 'upload', 'text', 'muted', 'line', 'axis', 'bad', 'warn', 'good', 'panel'];

export function readPalette() {
  const probe = document.createElement('span');
  document.body.append(probe);
  const palette = {};
  for (const token of TOKENS) {
    probe.style.color = `var(--${token})`;
    palette[token] = getComputedStyle(probe).color;
  }
  palette.font = getComputedStyle(document.body).fontFamily;
  probe.remove();
  return palette;
}

// 'rgb(1, 2, 3)' made see-through.
export const faded = (color, alpha) => color.replace(/^rgb\((.*)\)$/, `rgba($1, ${alpha})`);
