/** Starts the console's page. */
import { render } from 'preact';
import { App } from './app.tsx';
import { listenToKeys } from './lib/keys.ts';
import { followLinks } from './lib/router.ts';

followLinks();
listenToKeys();
const root = document.getElementById('app');
if (root !== null) render(<App />, root);
