// Runs before the first paint, so that a chosen theme does not flash the other one first.
(() => {
  try {
    const { theme } = JSON.parse(localStorage.getItem('ifpulse') ?? '{}') ?? {};
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // No storage, or not ours: the system's theme it is.
  }
})();
