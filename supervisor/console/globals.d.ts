/** Where the worker is served; the build knows. */
declare const WORKER_URL: string;

declare module '*.css';
