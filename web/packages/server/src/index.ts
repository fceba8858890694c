// `offing/server`, for back ends in Node: signs tokens (spec/users.md) and publishes events (spec/channels.md).
export { type App, OffingError, type Target } from './app.ts';
export { publish, type Published, type PublishOptions, trigger, type TriggerOptions } from './publish.ts';
export { token, type TokenOptions } from './token.ts';
