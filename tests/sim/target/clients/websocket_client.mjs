// npm's mqtt over ws:// against the embedded target: both versions, every quality, sizes at which a frame's header grows,
// a retained message, a will, and a server that refuses another subprotocol.
import assert from 'node:assert';
import mqtt from 'mqtt';

const url = `ws://127.0.0.1:${process.env.WANWU_WEBSOCKET}/mqtt`;
const within = 20000;

function soon(promise, what) {
  let timer;
  const late = new Promise((_, failed) => { timer = setTimeout(() => failed(new Error(`late: ${what}`)), within); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

const connect = (options) => soon(mqtt.connectAsync(url, { reconnectPeriod: 0, ...options }), 'connect');

// Keeps what a client hears, and waits until it has heard so much.
function ear(client) {
  const heard = [];
  let told = () => {};
  client.on('message', (topic, payload, packet) => { heard.push({ topic, payload, qos: packet.qos, retain: packet.retain }); told(); });
  const until = (count) => soon(new Promise((done) => {
    told = () => { if (heard.length >= count) done(); };
    told();
  }), `${count} messages`);
  return { heard, until };
}

async function talk(protocolVersion) {
  const tag = `ws${protocolVersion}`;
  const listener = await connect({ protocolVersion, clientId: `${tag}-listener` });
  const speaker = await connect({ protocolVersion, clientId: `${tag}-speaker`,
                                  will: { topic: `${tag}/will`, payload: Buffer.from('gone'), qos: 1, retain: false } });
  const { heard, until } = ear(listener);
  await soon(listener.subscribeAsync(`${tag}/#`, { qos: 2 }), 'subscribe');
  const sizes = [0, 1, 100, 125, 126, 127, 1000, 65535, 65536, 200000];
  for (const [n, size] of sizes.entries())
    await soon(speaker.publishAsync(`${tag}/size`, Buffer.alloc(size, n + 1), { qos: n % 3 }), `publish ${size}`);
  await until(sizes.length);
  for (const qos of [0, 1, 2]) {
    const wanted = sizes.filter((_, n) => n % 3 === qos);
    assert.deepEqual(heard.filter((m) => m.qos === qos).map((m) => m.payload.length), wanted);
  }
  for (const m of heard) if (m.payload.length) assert.deepEqual(m.payload, Buffer.alloc(m.payload.length, sizes.indexOf(m.payload.length) + 1));

  await soon(speaker.publishAsync(`${tag}/kept`, 'last', { qos: 1, retain: true }), 'retain');
  await until(sizes.length + 1);
  const late = await connect({ protocolVersion, clientId: `${tag}-late` });
  const lateEar = ear(late);
  await soon(late.subscribeAsync(`${tag}/kept`, { qos: 1 }), 'subscribe');
  await lateEar.until(1);
  assert.equal(lateEar.heard[0].retain, true);

  speaker.stream.destroy();  // the link breaks without a word
  await until(sizes.length + 2);
  assert.equal(heard.at(-1).topic, `${tag}/will`);
  await soon(Promise.all([late.endAsync(), listener.endAsync()]), 'the end');
}

// 3 makes it offer "mqttv3.1", which is not the name of 3.1.1 or 5.0.
async function refused() {
  const client = mqtt.connect(url, { protocolId: 'MQIsdp', protocolVersion: 3, reconnectPeriod: 0 });
  await soon(new Promise((done, failed) => {
    client.once('connect', () => failed(new Error('another subprotocol was accepted')));
    client.on('error', () => {});
    client.once('close', done);
  }), 'the refusal');
  client.end(true);
}

for (const version of [4, 5]) await talk(version);
await refused();
console.log("npm's mqtt is satisfied");
process.exit(0);
