export * from '../core.js';
