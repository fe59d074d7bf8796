import { render } from 'preact';
import { App } from './app.tsx';
import './style.css';
import './theme.ts';

const place = document.getElementById('app');
if (place !== null) render(<App />, place);
