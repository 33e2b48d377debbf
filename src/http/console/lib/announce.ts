/** What a screen reader is told when the page changes by itself; what comes close together is told once. */
const GATHER_MS = 1000;

let timer: ReturnType<typeof setTimeout> | undefined;

export function announce(text: string): void {
  clearTimeout(timer);
  timer = setTimeout(() => {
    const region = document.getElementById('announcements');
    if (region !== null) region.textContent = text;
  }, GATHER_MS);
}
