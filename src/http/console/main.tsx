import { render } from 'preact';
import { useState } from 'preact/hooks';

function A() {
  const [n, s] = useState(0);
  return (
    <button type="button" onClick={() => s(n + 1)}>
      {n}
    </button>
  );
}
render(<A />, document.getElementById('app') as HTMLElement);
