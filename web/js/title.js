// What the tab says: state and rate in its title, and coarsely in its icon. Both go on while the tab
// is hidden, which is when they are looked at; so nothing here waits for a frame to be drawn.

import { plain } from './text.js';
import { rate } from './units.js';

const TITLE_MS = 1000;
const ICON_MS = 2000;
const SIZE = 32;
const LEVELS = 6;
const LOWEST = 125; // bytes/s; each level is ten times the one before
const COLORS = { ground: '#0e1726', download: '#56b4e9', upload: '#e69f00', wait: '#f0c14b', bad: '#d9453b', light: '#ffffff' };

// {word, tone, host, download, upload (bytes/s or unknown), unit}
export function titleOf({ word, tone, host, download, upload, unit }) {
  const place = host ? plain(host, 40) : 'ifpulse';
  if (tone === 'bad') return `⚠ ${word} · ${place}`;
  if (download === undefined && upload === undefined) return word === 'Live' ? place : `${word} · ${place}`;
  return `${word === 'Paused' ? '⏸ ' : ''}↓${rate(download, unit)} ↑${rate(upload, unit)} · ${place}`;
}

// How high a bar is: 0 for nothing, 1 for some bytes, then a step for each power of ten.
export function level(speed) {
  if (!(speed > 0)) return 0;
  return Math.max(1, Math.min(LEVELS, Math.round(Math.log10(speed / LOWEST)) + 1));
}

// The icon as few words: while these are the same, so is the picture.
export function lookOf({ word, tone, download, upload }) {
  if (tone === 'bad') return 'bad';
  if (word === 'Paused') return 'paused';
  return tone === 'wait' ? 'wait' : `${level(download)} ${level(upload)}`;
}

function bars(context, look) {
  look.split(' ').forEach((height, index) => {
    const pixels = 2 + Number(height) * 4;
    context.fillStyle = index ? COLORS.upload : COLORS.download;
    context.fillRect(5 + index * 12, SIZE - 3 - pixels, 10, pixels);
  });
}

// Each state is a shape too, not only a colour.
const SHAPES = {
  bad(context) {
    context.fillRect(14, 6, 5, 13);
    context.fillRect(14, 22, 5, 5);
  },
  paused(context) {
    context.fillRect(8, 7, 6, 18);
    context.fillRect(18, 7, 6, 18);
  },
  wait(context) {
    for (const x of [5, 13, 21]) context.fillRect(x, 14, 5, 5);
  },
};

function paint(canvas, look) {
  const context = canvas.getContext('2d');
  context.clearRect(0, 0, SIZE, SIZE);
  context.fillStyle = look === 'bad' ? COLORS.bad : COLORS.ground;
  context.beginPath();
  context.roundRect(0, 0, SIZE, SIZE, 7);
  context.fill();
  context.fillStyle = look === 'bad' ? COLORS.light : COLORS.wait;
  if (SHAPES[look]) SHAPES[look](context);
  else bars(context, look);
  return canvas.toDataURL();
}

// look(): what titleOf and lookOf take. To be called whenever something may be new, however often.
export function createTitle(look, { now = () => performance.now() } = {}) {
  const canvas = Object.assign(document.createElement('canvas'), { width: SIZE, height: SIZE });
  const icon = document.querySelector('link[rel~="icon"]');
  let [title, titleAt, shown, shownAt] = ['', -Infinity, '', -Infinity];
  return function draw() {
    const picture = look();
    const time = now();
    const text = titleOf(picture);
    const isNews = picture.tone === 'bad' !== (title[0] === '⚠');
    if (text !== title && (isNews || time - titleAt >= TITLE_MS - 50)) {
      [document.title, titleAt] = [title = text, time];
    }
    const next = lookOf(picture);
    if (next === shown || time - shownAt < ICON_MS) return;
    [shown, shownAt] = [next, time];
    icon.type = 'image/png';
    icon.href = paint(canvas, next);
  };
}
