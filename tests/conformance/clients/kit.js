// What a test may ask of pusher-js, wherever it runs: beside a global Pusher in Node, in a page, or in a service worker. Plain script,
// answers are values that survive JSON.
(() => {
  const kit = { records: [], states: [], frames: [], errors: [] };
  let pusher;

  // Resolves with the state once it is `wanted`, or with what it is when the time is over.
  const reached = (wanted, ms = 10000) =>
    new Promise((resolve) => {
      const connection = pusher.connection;
      const look = () => wanted.includes(connection.state) && done();
      const done = () => {
        clearTimeout(timer);
        connection.unbind('state_change', look);
        resolve(connection.state);
      };
      const timer = setTimeout(done, ms);
      connection.bind('state_change', look);
      look();
    });

  kit.connect = async ({ key, port, authEndpoint, options }) => {
    pusher = new globalThis.Pusher(key, {
      cluster: 'none',
      wsHost: '127.0.0.1',
      wsPort: port,
      forceTLS: false,
      enabledTransports: ['ws'],
      channelAuthorization: { endpoint: authEndpoint, transport: 'ajax' },
      ...options,
    });
    pusher.connection.bind('state_change', ({ current }) => kit.states.push(current));
    pusher.connection.bind('error', (error) =>
      kit.errors.push(error?.error?.data ?? error?.data ?? { message: String(error?.message) }),
    );
    pusher.connection.bind('message', (frame) => kit.frames.push(frame));
    pusher.bind_global((event, data) => {
      if (!/^pusher(_internal)?:/.test(event)) kit.records.push([event, data]);
    });
    const state = await reached(['connected', 'disconnected', 'failed']);
    return { state, socketId: pusher.connection.socket_id };
  };

  kit.reached = ({ wanted, ms }) => reached(wanted, ms);

  kit.subscribe = ({ channel }) =>
    new Promise((resolve) => {
      const subscription = pusher.subscribe(channel);
      subscription.bind('pusher:subscription_succeeded', () => resolve({ ok: true }));
      subscription.bind('pusher:subscription_error', (error) => resolve({ ok: false, error }));
      setTimeout(() => resolve({ ok: false, error: 'no answer' }), 10000);
    });

  kit.unsubscribe = ({ channel }) => {
    pusher.unsubscribe(channel);
    return true;
  };

  // Comes back when everything that the server said before has been handled.
  kit.settle = () =>
    new Promise((resolve) => {
      const heard = ({ event }) => {
        if (event !== 'pusher:pong') return;
        pusher.connection.unbind('message', heard);
        resolve(true);
      };
      pusher.connection.bind('message', heard);
      pusher.connection.send_event('pusher:ping', {});
    });

  kit.report = () => ({
    records: kit.records,
    states: kit.states,
    errors: kit.errors,
    pings: kit.frames.filter(({ event }) => event === 'pusher:ping').length,
    state: pusher.connection.state,
    socketId: pusher.connection.socket_id,
  });

  kit.disconnect = () => {
    pusher.disconnect();
    return true;
  };

  globalThis.kit = kit;
})();
