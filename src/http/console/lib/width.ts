/** Whether the page is as narrow as a phone. */
import { useEffect, useState } from 'preact/hooks';

const narrow = matchMedia('(max-width: 640px)');

export function useIsNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(narrow.matches);
  useEffect(() => {
    const update = () => setNarrow(narrow.matches);
    narrow.addEventListener('change', update);
    return () => narrow.removeEventListener('change', update);
  }, []);
  return isNarrow;
}
