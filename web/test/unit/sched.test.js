import assert from 'node:assert/strict';
import test from 'node:test';
import { Schedule } from '../../js/sched.js';

class World {
  time = 0;
  frames = [];
  waits = [];
  drawn = [];
  isHidden = false;
  failures = [];
  constructor() {
    this.schedule = new Schedule({
      now: () => this.time,
      requestFrame: (act) => this.frames.push(act),
      later: (act, wait) => this.waits.push({ act, at: this.time + wait }),
      isHidden: () => this.isHidden,
      failed: (name) => this.failures.push(name),
      changed: () => {},
    });
  }
  view(name, cost, act = () => false) {
    this.schedule.add(name, () => {
      this.drawn.push(name);
      this.time += cost;
      return act();
    });
  }
  frame() {
    this.time += 16;
    const due = this.waits.filter(({ at }) => at <= this.time);
    this.waits = this.waits.filter(({ at }) => at > this.time);
    for (const { act } of due) act();
    const frames = this.frames.splice(0);
    for (const act of frames) act();
    return this.drawn.splice(0).join(' ');
  }
}

test('draws what is marked, in order, and what does not fit in the next frame', () => {
  const world = new World();
  world.view('numbers', 1);
  world.view('chart', 5);
  world.view('table', 3);
  world.schedule.mark('table', 'chart', 'numbers');
  assert.equal(world.frame(), 'numbers chart');
  assert.equal(world.frame(), 'table');
  assert.equal(world.frame(), '');
  assert.equal(world.frames.length, 0, 'and then rests');
});

test('a view that is not done goes on in the next frame', () => {
  const world = new World();
  let left = 3;
  world.view('cards', 5, () => --left > 0);
  world.view('table', 1);
  world.schedule.mark();
  assert.deepEqual([world.frame(), world.frame(), world.frame(), world.frame()], ['cards', 'cards', 'cards', 'table']);
});

test('hidden: nothing is drawn; seen again: one catch-up', () => {
  const world = new World();
  world.view('chart', 1);
  world.isHidden = true;
  for (let tick = 0; tick < 100; tick++) world.schedule.mark();
  assert.equal(world.frame(), '');
  assert.equal(world.schedule.frames, 0);
  world.isHidden = false;
  world.schedule.hurry();
  assert.equal(world.frame(), 'chart');
  assert.equal(world.frame(), '');
});

test('hidden between the request and the frame: not drawn, not forgotten', () => {
  const world = new World();
  world.view('chart', 1);
  world.schedule.mark();
  world.isHidden = true;
  assert.equal(world.frame(), '');
  world.isHidden = false;
  world.schedule.mark();
  assert.equal(world.frame(), 'chart');
});

test('one view that throws does not stop the others', () => {
  const world = new World();
  world.view('bad', 0, () => {
    throw new Error('x');
  });
  world.view('good', 0);
  world.schedule.mark();
  assert.equal(world.frame(), 'bad good');
  assert.deepEqual(world.failures, ['bad']);
});

function run(world, seconds) {
  const drawn = [];
  const end = world.time + seconds * 1000;
  let next = world.time;
  while (world.time < end) {
    if (world.time >= next) {
      world.schedule.mark();
      next += 1000;
    }
    if (world.frame()) drawn.push(world.time);
  }
  return drawn;
}

test('too slow for five seconds: every two seconds, until it is quick again', () => {
  const world = new World();
  let cost = 80;
  world.schedule.add('chart', () => {
    world.drawn.push('chart');
    world.time += cost;
  });
  run(world, 4);
  assert.equal(world.schedule.isSlow, false);
  run(world, 4);
  assert.equal(world.schedule.isSlow, true);
  const drawn = run(world, 20);
  assert.ok(drawn.length >= 8 && drawn.length <= 11, `${drawn.length} draws`);
  cost = 2;
  run(world, 30);
  assert.equal(world.schedule.isSlow, false);
  assert.ok(run(world, 10).length >= 9);
});

test('a single long frame is not slowness', () => {
  const world = new World();
  let cost = 80;
  world.schedule.add('chart', () => {
    world.drawn.push('chart');
    world.time += cost;
    cost = 2;
  });
  run(world, 20);
  assert.equal(world.schedule.isSlow, false);
});

test('at most every two seconds, where people chose so; what they do is shown at once', () => {
  const world = new World();
  world.view('chart', 1);
  world.schedule.every = 2000;
  world.schedule.mark();
  assert.equal(world.frame(), 'chart');
  let draws = 0;
  const from = world.time;
  while (world.time < from + 10_000) {
    world.schedule.mark();
    if (world.frame()) draws++;
  }
  assert.ok(draws === 4 || draws === 5, `${draws} in ten seconds`);
  world.schedule.hurry();
  assert.equal(world.frame(), 'chart');
  world.schedule.every = 0;
  world.schedule.hurry();
  assert.equal(world.frame(), 'chart');
  world.schedule.mark();
  assert.equal(world.frame(), 'chart');
});

test('what is left over comes first in the next frame, however often the others are marked', () => {
  const world = new World();
  for (const name of ['numbers', 'chart', 'table']) world.view(name, 6);
  world.schedule.mark();
  const drawn = [0, 1, 2].map(() => {
    const name = world.frame();
    world.schedule.mark('numbers');
    return name;
  });
  assert.deepEqual(drawn, ['numbers', 'chart', 'table']);
});
