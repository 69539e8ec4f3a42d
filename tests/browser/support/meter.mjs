// What the page costs: CPU time of its main thread, long frames, memory; and controls, which do the
// same work in the plain way, in the same browser in the same run. Times of a shared machine say
// little by themselves, the ratio of the page to a control says much.

import { fileURLToPath } from 'node:url';

const CHART = fileURLToPath(new URL('../../../web/vendor/chart.umd.min.js', import.meta.url));
const PARTS = { task: 'TaskDuration', script: 'ScriptDuration', layout: 'LayoutDuration', style: 'RecalcStyleDuration' };

export const median = (numbers) => percentile(numbers, 0.5);
export function percentile(numbers, part) {
  const ascending = [...numbers].sort((a, b) => a - b);
  return ascending[Math.min(ascending.length - 1, Math.floor(ascending.length * part))];
}
// {slope, error} of a straight line through [x, y] by least squares; error is the slope's standard error.
export function line(points) {
  const mean = (index) => points.reduce((sum, point) => sum + point[index], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const spread = points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  const slope = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) / spread;
  const off = points.reduce((sum, point) => sum + (point[1] - y - slope * (point[0] - x)) ** 2, 0);
  return { slope, error: Math.sqrt(off / (points.length - 2) / spread) };
}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Meter {
  static async of(page) {
    const meter = new Meter();
    meter.page = page;
    meter.devtools = await page.context().newCDPSession(page);
    // CPU time, not time gone by: others' work on the machine is not counted.
    await meter.devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
    return meter;
  }

  async #metrics() {
    const { metrics } = await this.devtools.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  }

  // {task, script, layout, style} of the main thread so far, in ms; task is all of it.
  async work() {
    const metrics = await this.#metrics();
    return Object.fromEntries(Object.entries(PARTS).map(([part, name]) => [part, metrics[name] * 1000]));
  }

  // The same, of what act does and all that follows from it within so many ms.
  async during(act, settleMs) {
    const before = await this.work();
    await act();
    await pause(settleMs);
    const after = await this.work();
    return Object.fromEntries(Object.keys(PARTS).map((part) => [part, after[part] - before[part]]));
  }

  // The cost of `count` times act, each with settleMs to be drawn, less what the page costs when
  // nothing happens: {median, p95, parts: medians of each, all}.
  async each(count, act, settleMs) {
    const idle = await this.during(() => {}, 2 * settleMs);
    const all = [];
    for (let index = 0; index < count; index++) all.push(await this.during(() => act(index), settleMs));
    const own = (part) => all.map((work) => Math.max(0, work[part] - idle[part] / 2));
    const tasks = own('task');
    return { median: median(tasks), p95: percentile(tasks, 0.95), parts: Object.fromEntries(Object.keys(PARTS).map((part) => [part, median(own(part))])), all: tasks };
  }

  // {heap, buffers, nodes, listeners} once all that can go has gone; heap with the browser's own
  // objects and buffers (typed arrays) in MB.
  async memory() {
    for (let times = 0; times < 3; times++) await this.devtools.send('HeapProfiler.collectGarbage');
    const { usedSize, embedderHeapUsedSize = 0, backingStorageSize = 0 } = await this.devtools.send('Runtime.getHeapUsage');
    const { Nodes: nodes, JSEventListeners: listeners } = await this.#metrics();
    return { heap: usedSize / 1e6, objects: embedderHeapUsedSize / 1e6, buffers: backingStorageSize / 1e6, nodes, listeners };
  }

  throttle(times) {
    return this.devtools.send('Emulation.setCPUThrottlingRate', { rate: times });
  }

  // CPU times of the main thread's tasks while act runs, in ms, the longest first. A frame is one task.
  async tasks(act) {
    const devtools = await this.page.context().browser().newBrowserCDPSession();
    const events = [];
    devtools.on('Tracing.dataCollected', ({ value }) => events.push(...value));
    await devtools.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['toplevel'] } });
    await act();
    const ended = new Promise((resolve) => devtools.once('Tracing.tracingComplete', resolve));
    await devtools.send('Tracing.end');
    await ended;
    await devtools.detach();
    const threadOf = ({ pid, tid }) => `${pid} ${tid}`;
    const mains = new Map(events.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map((event) => [threadOf(event), []]));
    for (const event of events) if (event.name === 'ThreadControllerImpl::RunTask' && event.tdur !== undefined) mains.get(threadOf(event))?.push(event.tdur / 1000);
    // The browser has pages of its own, which have nothing to do.
    const sum = (times) => times.reduce((total, time) => total + time, 0);
    const [tasks] = [...mains.values()].sort((a, b) => sum(b) - sum(a));
    return tasks.sort((a, b) => b - a);
  }
}

// --- controls: pages of their own, each with a global `tick` that does what is usual ---

// All rows as a table by innerHTML, sorted at each tick, of which a twentieth changes.
export async function tablePage(browser, records) {
  const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.setContent('<!doctype html><meta charset="utf-8"><style>table { font: 13px sans-serif }</style><div id="table"></div>');
  await page.evaluate((rows) => {
    const shown = ['process_name', 'pid', 'connection_type', 'local_address', 'local_port', 'remote_address', 'remote_port', 'state', 'download_speed', 'upload_speed'];
    globalThis.tick = () => {
      for (let changed = 0; changed < rows.length / 20; changed++) rows[Math.floor(Math.random() * rows.length)].download_speed = Math.random() * 1e6;
      rows.sort((a, b) => (b.download_speed ?? 0) - (a.download_speed ?? 0));
      const cells = (row) => shown.map((key) => `<td>${row[key] ?? '–'}</td>`).join('');
      document.getElementById('table').innerHTML = `<table>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</table>`;
    };
  }, records);
  return page;
}

// Charts as Chart.js makes them when it is told nothing but the data.
export async function chartPage(browser, { charts, points }) {
  const page = await browser.chromium.newPage({ viewport: { width: 1280, height: 1000 } });
  await page.setContent('<!doctype html><meta charset="utf-8"><style>main { display: grid; grid-template-columns: 1fr 1fr }</style><main></main>');
  await page.addScriptTag({ path: CHART });
  await page.evaluate(([many, length]) => {
    const series = () => Array.from({ length }, () => Math.random());
    const all = Array.from({ length: many }, () => {
      const canvas = document.createElement('canvas');
      const box = document.createElement('div');
      box.append(canvas);
      document.querySelector('main').append(box);
      const labels = Array.from({ length }, (_, index) => index);
      return new globalThis.Chart(canvas, { type: 'line', data: { labels, datasets: [{ label: 'down', data: series() }, { label: 'up', data: series() }] } });
    });
    globalThis.tick = () => {
      for (const chart of all) {
        chart.data.labels.push(chart.data.labels.shift() + length);
        for (const { data } of chart.data.datasets) {
          data.shift();
          data.push(Math.random());
        }
        chart.update();
      }
    };
  }, [charts, points]);
  return page;
}

// Counts what is drawn from now on; to be installed before the page is loaded. drawn() in the page
// gives {canvas, elements, frames} since the last time it was asked; the head is the tab's and may change.
export function countDrawing() {
  const drawn = { canvas: 0, elements: 0, frames: 0, log: [] };
  let frame = 0; // of the last that was drawn in
  const counted = (kind) => {
    drawn[kind]++;
    if (frame) return;
    drawn.frames++;
    frame = request(() => (frame = 0));
  };
  const request = requestAnimationFrame;
  for (const name of ['stroke', 'fill', 'fillRect', 'clearRect', 'fillText', 'drawImage']) {
    const act = CanvasRenderingContext2D.prototype[name];
    CanvasRenderingContext2D.prototype[name] = function draws(...words) {
      if (this.canvas.isConnected) counted('canvas');
      return act.apply(this, words);
    };
  }
  const observer = new MutationObserver((records) => {
    for (const { target, type, attributeName, oldValue } of records) {
      const isSame = type !== 'childList' && oldValue === (attributeName === null ? target.data : target.getAttribute(attributeName));
      if (isSame || document.head.contains(target)) continue;
      counted('elements');
      if (drawn.log.length < 5) drawn.log.push((target.outerHTML ?? target.parentElement?.outerHTML ?? '').slice(0, 120));
    }
  });
  observer.observe(document, { subtree: true, childList: true, attributeOldValue: true, characterDataOldValue: true });
  globalThis.drawn = () => {
    const now = { ...drawn };
    Object.assign(drawn, { canvas: 0, elements: 0, frames: 0, log: [] });
    return now;
  };
}

// Hides and shows the page, as the browser does with a tab. To be installed before it is loaded.
export function hideable() {
  let isHidden = false;
  Object.defineProperty(document, 'hidden', { get: () => isHidden });
  Object.defineProperty(document, 'visibilityState', { get: () => (isHidden ? 'hidden' : 'visible') });
  globalThis.setHidden = (value) => {
    isHidden = value;
    document.dispatchEvent(new Event('visibilitychange'));
  };
}

// A clock of the page that goes a quarter as fast: its schedule then divides its work as on a quiet
// machine, also where others take three quarters of this one.
export function patient() {
  const now = performance.now.bind(performance);
  performance.now = () => now() / 4;
}
