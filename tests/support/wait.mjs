// Waiting for a condition, bounded: the only form of waiting in these tests. A bound is generous,
// since it costs nothing where the condition comes true, and machines are sometimes busy.

export const PATIENCE_MS = 30_000;

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// Resolves to the first truthy value of condition(), asked every few milliseconds. `what` is the
// end of the sentence "waited in vain for …"; a function is asked for it at the end.
export async function until(condition, what, withinMs = PATIENCE_MS) {
    const deadline = performance.now() + withinMs;
    for (;;) {
        const value = await condition();
        if (value) {
            return value;
        }
        if (performance.now() > deadline) {
            const words = typeof what === "function" ? what() : what;
            throw new Error(`waited ${withinMs} ms in vain for ${words}`);
        }
        await pause(10);
    }
}

// Resolves as promise does, or fails after withinMs.
export function within(promise, what, withinMs = PATIENCE_MS) {
    let timer;
    const late = new Promise((_, fail) => {
        timer = setTimeout(() => fail(new Error(`waited ${withinMs} ms in vain for ${what}`)), withinMs);
    });
    return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
