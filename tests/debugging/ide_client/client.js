// Obeys JSON lines on stdin, {id, command, arguments}, and answers {id, body} or {id, error}; events are {event, body}.
const { DebugClient } = require('@vscode/debugadapter-testsupport');
const readline = require('readline');

const EVENTS = ['initialized', 'process', 'thread', 'stopped', 'continued', 'output', 'breakpoint', 'terminated', 'exited'];
const client = new DebugClient('node', '', 'debugpy');
client.defaultTimeout = 15000;
const say = (message) => process.stdout.write(JSON.stringify(message) + '\n');

async function attach({ lines, options, says }) {
  const capabilities = await client.initializeRequest({
    adapterID: 'debugpy', clientID: 'vscode', clientName: 'VS Code test client',
    linesStartAt1: true, columnsStartAt1: true, pathFormat: 'path', ...says,
  });
  const initialized = client.waitForEvent('initialized');
  const attached = client.attachRequest(options);
  await initialized;
  const answers = {};
  for (const [path, breakpoints] of Object.entries(lines)) {
    answers[path] = (await client.setBreakpointsRequest({ source: { path }, breakpoints })).body.breakpoints;
  }
  await client.setExceptionBreakpointsRequest({ filters: ['uncaught'] });
  await client.configurationDoneRequest();
  await attached;
  return { answers, capabilities: capabilities.body };
}

async function obey({ command, arguments: given }) {
  if (command === 'attach') return attach(given);
  return (await client[command + 'Request'](given)).body || {};
}

(async () => {
  await client.start(Number(process.argv[2]));
  for (const name of EVENTS) client.on(name, (event) => say({ event: name, body: event.body || {} }));
  readline.createInterface({ input: process.stdin }).on('line', (line) => {
    const wish = JSON.parse(line);
    obey(wish).then((body) => say({ id: wish.id, body }), (error) => say({ id: wish.id, error: error.message }));
  }).on('close', () => process.exit(0));
  say({ event: 'connected', body: {} });
})();
