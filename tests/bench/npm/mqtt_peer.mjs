// The rows of the bench as npm's mqtt does them: node mqtt_peer.mjs ROW --port N --connections N --operations N --rate N
// Prints one line as the other bench programs do. CPU is this process's, from when its connections stand.
import fs from 'node:fs';
import mqtt from 'mqtt';

const [row, ...rest] = process.argv.slice(2);
const wanted = { connections: 1000, operations: 100000, rate: 0, payload: 100 };
for (let i = 0; i + 1 < rest.length; i += 2) wanted[rest[i].slice(2)] = Number(rest[i + 1]);
const topic = (n) => `things/meter-${String(n).padStart(6, '0')}/telemetry`;
const payload = Buffer.alloc(wanted.payload, 'x');
const qos = row === 'mqtt-qos1' ? 1 : 0;

// User-space memory of this process, shared pages not counted.
const privateBytes = () => 1024 * Number(/RssAnon:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]);

function open(n) {
  return new Promise((done, failed) => {
    const client = mqtt.connect({ host: '127.0.0.1', port: wanted.port, clientId: `peer-${n}`, protocolVersion: 5,
                                  keepalive: 60, reconnectPeriod: 0, connectTimeout: 30000 });
    client.once('connect', () => done(client));
    client.once('error', failed);
  });
}

async function openAll() {
  const clients = [];
  while (clients.length < wanted.connections) {
    const some = Math.min(50, wanted.connections - clients.length); // Debian's mosquitto listens with a backlog of 100
    clients.push(...await Promise.all(Array.from({ length: some }, (_, i) => open(clients.length + i))));
  }
  return clients;
}

// One message on the way on each connection, the next when the last is done.
function flood(clients, operations) {
  let started = 0;
  let done = 0;
  return new Promise((finished, failed) => {
    const next = (n) => {
      if (started === operations) return;
      started += 1;
      clients[n].publish(topic(n), payload, { qos }, (why) => {
        if (why) failed(why);
        done += 1;
        if (done === operations) finished(done);
        else setImmediate(next, n);
      });
    };
    for (let n = 0; n < clients.length; n += 1) next(n);
  });
}

// A tick a millisecond, as the others have; each sends what fell due since the start.
function paced(clients, operations, rate) {
  const begin = performance.now();
  let started = 0;
  let done = 0;
  return new Promise((finished, failed) => {
    const tick = () => {
      const due = Math.min(operations, Math.floor((performance.now() - begin) * rate / 1000));
      for (; started < due; started += 1) {
        const n = started % clients.length;
        clients[n].publish(topic(n), payload, { qos }, (why) => {
          if (why) failed(why);
          done += 1;
          if (done === operations) finished(done);
        });
      }
      if (started < operations) setTimeout(tick, 1);
    };
    tick();
  });
}

async function endToEnd(clients, operations) {
  const pairs = clients.length / 2;
  await Promise.all(clients.slice(pairs).map((client, n) => client.subscribeAsync(topic(n), { qos: 0 })));
  const before = process.cpuUsage();
  let started = 0;
  let done = 0;
  await new Promise((finished) => {
    const next = (n) => {
      if (started === operations) return;
      started += 1;
      clients[n].publish(topic(n), payload, { qos: 0 });
    };
    clients.slice(pairs).forEach((client, n) => client.on('message', () => {
      done += 1;
      if (done === operations) finished();
      else next(n);
    }));
    for (let n = 0; n < pairs; n += 1) next(n);
  });
  return before;
}

const beforeBytes = privateBytes();
let before = process.cpuUsage();
const clients = await openAll();
let operations = wanted.connections;
let more = '';
if (row === 'mqtt-idle-bytes') {
  more = `bytes=${privateBytes() - beforeBytes}`;
} else if (row === 'mqtt-e2e') {
  operations = wanted.operations;
  before = await endToEnd(clients, operations);
} else if (row !== 'mqtt-connect') {
  operations = wanted.operations;
  before = process.cpuUsage();
  await (wanted.rate > 0 ? paced(clients, operations, wanted.rate) : flood(clients, operations));
}
const used = process.cpuUsage(before);
console.log(`operations=${operations} cpu=${(used.user + used.system) / 1e6} ${more}`);
process.exit(0);
