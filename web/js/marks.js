// What a line chart cannot say by lines, as a Chart.js plugin: bands where the link was down, marks on
// the top edge where packets were lost, upright lines for events, and dots for samples that stand
// alone between two holes, which a line chart without points draws as nothing at all.
// In low charts bands are without words, as a big one stands above. It draws chart.marks = {bands: [{from, to, text, ink}], flags: [time], lines: [time], palette}.

import { faded } from './palette.js';

const FLAG_HEIGHT = 7;
const LINE_APART = 6; // nearer they would hide the course
const ROOM_FOR_WORDS = 100;

export function drawBands(context, area, scale, { bands, palette }) {
  context.font = `11px ${palette.font}`;
  context.textBaseline = 'bottom';
  for (const { from, to, text, ink } of bands) {
    const left = Math.max(area.left, scale.getPixelForValue(from));
    const right = Math.min(area.right, scale.getPixelForValue(to));
    if (right <= left) continue;
    context.fillStyle = faded(palette[ink], ink === 'bad' ? 0.14 : 0.06);
    context.fillRect(left, area.top, Math.max(1, right - left), area.bottom - area.top);
    if (area.bottom - area.top < ROOM_FOR_WORDS) continue;
    context.fillStyle = palette[ink];
    const width = context.measureText(text).width + 8;
    const at = Math.max(area.left + 4, Math.min(left + 4, area.right - width));
    if (ink === 'bad' || right - left >= width) context.fillText(text, at, area.bottom - 4);
  }
}

export function drawLines(context, area, scale, { lines, palette }) {
  context.strokeStyle = palette.axis;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  context.beginPath();
  let last = -Infinity;
  for (const time of lines) {
    const x = Math.round(scale.getPixelForValue(time)) + 0.5;
    if (time < scale.min || time > scale.max || x - last < LINE_APART) continue;
    last = x;
    context.moveTo(x, area.top);
    context.lineTo(x, area.bottom);
  }
  context.stroke();
  context.setLineDash([]);
}

// Flags nearer than their own width would be one smear: they become one flag.
function drawFlags(context, area, scale, { flags, palette }) {
  context.fillStyle = palette.bad;
  context.beginPath();
  let last = -Infinity;
  for (const time of flags) {
    const x = scale.getPixelForValue(time);
    if (x < area.left || x > area.right || x - last < FLAG_HEIGHT) continue;
    last = x;
    context.moveTo(x, area.top + 1);
    context.lineTo(x - FLAG_HEIGHT / 2, area.top + 1 + FLAG_HEIGHT);
    context.lineTo(x + FLAG_HEIGHT / 2, area.top + 1 + FLAG_HEIGHT);
  }
  context.fill();
}

function drawLoners(context, { x, y }, { data, borderColor }) {
  context.fillStyle = borderColor;
  const isHole = (index) => data[index] === undefined || data[index].y === null;
  for (let index = 0; index < data.length; index++) {
    if (isHole(index) || !isHole(index - 1) || !isHole(index + 1)) continue;
    context.beginPath();
    context.arc(x.getPixelForValue(data[index].x), y.getPixelForValue(data[index].y), 2, 0, 2 * Math.PI);
    context.fill();
  }
}

export const marks = {
  id: 'marks',
  beforeDatasetsDraw({ ctx, chartArea, scales, marks: shown }) {
    if (!shown) return;
    ctx.save();
    drawBands(ctx, chartArea, scales.x, shown);
    drawLines(ctx, chartArea, scales.x, shown);
    ctx.restore();
  },
  afterDatasetsDraw({ ctx, chartArea, scales, data, marks: shown }) {
    if (!shown) return;
    ctx.save();
    for (const dataset of data.datasets) if (dataset.borderWidth) drawLoners(ctx, scales, dataset);
    drawFlags(ctx, chartArea, scales.x, shown);
    ctx.restore();
  },
};
