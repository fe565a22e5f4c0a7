// npm's eventsource, which reads with Node's fetch, as the client of stream-echo's event streams; and
// fetch with eventsource-parser, as one reads the answer to a POST.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { EventSource } from 'eventsource';
import { EventSourceParserStream } from 'eventsource-parser/stream';

const TIME_LIMIT = 20_000; // for each test; far more than it takes
const limited = { timeout: TIME_LIMIT };

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

let server;
let url;

before(async () => {
  server = spawn(`${binDir}/stream-echo`, ['--port', '0', '--silent'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  url = line.toString().match(/(http:\S+)/)[1];
}, limited);

after(async () => {
  server.kill('SIGTERM');
  const [exit] = await once(server, 'exit');
  assert.equal(exit, 0);
}, limited);

// ---- Helpers

/**
 * Listens until the client has closed: because the server says so, or `take` (after an event) or `lost`
 * (after the end of a stream) does by returning false. `returning` happens before each connection but
 * the first. Tells what came, and what was asked for and answered.
 */
function listen(path, { types = ['message', 'close'], take, lost, returning } = {}) {
  return new Promise((resolve, reject) => {
    const seen = { events: [], requests: [], statuses: [], opens: 0, waits: [] };
    let lostAt = 0;
    const source = new EventSource(url + path, {
      fetch: async (address, init) => {
        if (lostAt) {
          seen.waits.push(performance.now() - lostAt);
          await returning?.(seen).catch(reject);
        }
        seen.requests.push(init.headers['Last-Event-ID']);
        const answer = await fetch(address, init);
        seen.statuses.push(answer.status);
        return answer;
      },
    });
    const end = () => {
      source.close();
      resolve(seen);
    };
    source.addEventListener('open', () => ++seen.opens);
    source.addEventListener('error', ({ code }) => {
      lostAt = performance.now();
      if (source.readyState === EventSource.CLOSED) {
        seen.stoppedBy = code;
        end();
      } else if (lost?.(seen) === false) {
        end();
      }
    });
    for (const type of types) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        seen.events.push({ type, id: lastEventId, data });
        if (take?.(seen) === false) end();
      });
    }
  });
}

const publish = async (channel, data, query = '') =>
  (await fetch(`${url}/publish/${channel}${query}`, { method: 'POST', body: data })).json();

const numbers = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const texts = (first, last) => numbers(first, last).map((number) => `message ${number}`);
const messages = ({ events }) => events.filter(({ type }) => type !== 'close');
const contents = (seen) => messages(seen).map(({ data }) => JSON.parse(data).content);
const ids = (seen) => messages(seen).map(({ id }) => Number(id));

// ---- eventsource

describe('/sse and npm eventsource', () => {
  test('messages come in order with their ids, then close, and 204 ends it', limited, async () => {
    const begun = performance.now();
    const seen = await listen('/sse?count=20&interval=10ms&retry=10');
    const took = performance.now() - begun;
    assert.deepEqual(contents(seen), texts(1, 20));
    assert.deepEqual(ids(seen), numbers(1, 20));
    assert.ok(took >= 19 * 10, `${took} ms for 20 messages`);
    for (const { data } of messages(seen)) {
      const { time } = JSON.parse(data);
      assert.ok(Math.abs(Date.now() - time) < TIME_LIMIT, `${time} is not now`);
    }
    const close = seen.events.at(-1);
    assert.equal(close.type, 'close');
    assert.equal(JSON.parse(close.data).content, 'no more messages');
    assert.equal(seen.events.length, 21);
    assert.deepEqual(seen.statuses, [200, 204]);
    assert.deepEqual(seen.requests, [undefined, '20']);
    assert.equal(seen.stoppedBy, 204);
  });

  test('start and data', limited, async () => {
    const seen = await listen('/sse?count=3&start=98&data=gr%c3%bc%c3%9fe%0a%e2%98%95&interval=0&retry=10');
    assert.deepEqual(contents(seen), Array(3).fill('grüße\n☕'));
    assert.deepEqual(ids(seen), [98, 99, 100]);
    assert.deepEqual(seen.requests, [undefined, '100']);
  });

  test('a type of its own', limited, async () => {
    const seen = await listen('/sse?count=5&interval=10ms&retry=10&event=tick',
      { types: ['message', 'tick', 'close'] });
    assert.deepEqual(seen.events.map(({ type }) => type), [...Array(5).fill('tick'), 'close']);
    assert.deepEqual(contents(seen), texts(1, 5));
  });

  // However the stream ends, nothing is missing and nothing comes twice.
  for (const [words, asked] of [
    ['drop-after=3', [undefined, '3', '6', '9', '10']],
    ['drop-after=5', [undefined, '5', '10']],
    ['cut&after=4', [undefined, '4', '8', '10']],
    ['abort&after=4', [undefined, '4', '8', '10']],
    ['rst&after=4', null], // a reset may overtake what was sent before it
  ]) {
    test(`it resumes after ${words}`, limited, async () => {
      const seen = await listen(`/sse?interval=10ms&retry=10&${words}`);
      assert.deepEqual(contents(seen), texts(1, 10));
      assert.deepEqual(ids(seen), numbers(1, 10));
      assert.equal(seen.stoppedBy, 204);
      if (asked) assert.deepEqual(seen.requests, asked);
      else assert.ok(seen.opens > 2, `${seen.opens} connections`);
    });
  }

  test('it waits as long as retry says', limited, async () => {
    for (const retry of [30, 300]) {
      const { waits } = await listen(`/sse?count=4&interval=0&retry=${retry}&drop-after=2`);
      assert.equal(waits.length, 2);
      // Timers may be a little early; 3 seconds is how long it waits without being told.
      for (const wait of waits) assert.ok(wait > retry - 2 && wait < 3000, `${wait} ms`);
    }
  });

  test('comments are ignored', limited, async () => {
    for (const words of ['comment=2ms', 'heartbeat=3ms']) {
      const seen = await listen(`/sse?count=5&interval=20ms&retry=10&${words}`);
      assert.deepEqual(contents(seen), texts(1, 5));
      assert.equal(seen.events.length, 6);
    }
  });

  for (const words of ['eol=lf', 'eol=crlf', 'bom', 'bom&eol=crlf', 'split=1', 'split=1&eol=crlf',
    'split=3', 'charset=utf-8', 'charset=latin1', 'gzip', 'gzip=late', 'chunked=off', 'slice=7',
    'long-line=100k']) {
    test(`${words} does no harm`, limited, async () => {
      const seen = await listen(`/sse?interval=2ms&retry=10&data=gr%c3%bc%c3%9fe&${words}`, {
        take: ({ events }) => {
          if (/^x{102400}$/.test(events.at(-1).data)) events.pop(); // the long line
        },
      });
      assert.deepEqual(contents(seen), Array(10).fill('grüße'));
      assert.deepEqual(ids(seen), numbers(1, 10));
      assert.equal(seen.events.at(-1).type, 'close');
      assert.deepEqual(seen.statuses, [200, 204]);
    });
  }

  // This client takes a CR for the end of a line only when it has seen what is behind it, so it never
  // sees the end of the last event; the messages before it are all there.
  for (const words of ['eol=cr', 'eol=mixed', 'eol=cr&split=1', 'eol=mixed&split=1', 'eol=cr&bom',
    'eol=cr&gzip', 'eol=cr&drop-after=3']) {
    test(`${words} loses no message`, limited, async () => {
      const seen = await listen(`/sse?interval=2ms&retry=10&${words}`);
      assert.deepEqual(contents(seen), texts(1, 10));
      assert.deepEqual(ids(seen), numbers(1, 10));
      assert.equal(seen.stoppedBy, 204);
    });
  }

  test('without its blank line the last event is none', limited, async () => {
    const seen = await listen('/sse?count=3&interval=0&retry=10&no-final-blank');
    assert.deepEqual(contents(seen), texts(1, 3));
    assert.deepEqual(seen.events.map(({ type }) => type), Array(3).fill('message'));
  });

  test('ids with a NUL do not count', limited, async () => {
    const seen = await listen('/sse?count=3&interval=0&retry=10&nul-id', { lost: () => false });
    assert.deepEqual(contents(seen), texts(1, 3));
    assert.deepEqual(ids(seen), [0, 0, 0]);
  });

  for (const [words, code] of [['type=text/plain', 200], ['status=500', 500], ['status=404', 404],
    ['status=204', 204]]) {
    test(`${words} is no event stream`, limited, async () => {
      const seen = await listen(`/sse?${words}`);
      assert.equal(seen.stoppedBy, code);
      assert.equal(seen.opens, 0);
      assert.deepEqual(seen.events, []);
    });
  }

  test('redirects are followed, and the stream at the end of them resumed', limited, async () => {
    const seen = await listen('/sse?interval=5ms&retry=10&drop-after=6&redirect=2');
    assert.deepEqual(contents(seen), texts(1, 10));
    assert.deepEqual(seen.requests, [undefined, '6', '10']);
  });
});

describe('/events and npm eventsource', () => {
  // The server gives a new client an id at once. This one keeps an id only with an event, so each
  // test begins with one.
  async function untilSubscribed(channel) {
    while ((await publish(channel, 'probe')).subscribers === 0);
  }

  const published = ({ events }) => events.filter(({ data }) => data !== 'probe');

  test('what is published arrives as it was', limited, async () => {
    const listening = listen('/events/plain', {
      types: ['message', 'greeting'],
      take: ({ events }) => events.at(-1).data !== 'last',
    });
    await untilSubscribed('plain');
    const sent = [];
    for (const [data, type] of [['one', 'message'], ['zwei\n☕\n', 'greeting'], ['', 'message'],
      [' 4', 'greeting'], ['last', 'message']]) {
      const query = type === 'message' ? '' : `?event=${type}`;
      const answer = await publish('plain', data, query);
      assert.equal(answer.subscribers, 1);
      sent.push({ type, id: answer.id, data });
    }
    assert.deepEqual(published(await listening), sent);
  });

  // Published one by one while the client listens, and two each time that it has gone.
  for (const words of ['drop-after=4', 'cut&after=3', 'abort&after=3']) {
    test(`nothing is missing after ${words}`, limited, async () => {
      const channel = words.replace(/\W/g, '-');
      const sent = [];
      const send = async () => {
        const data = `number ${sent.length}`;
        const event = sent[sent.push({ type: 'message', data }) - 1];
        const { id, subscribers } = await publish(channel, data);
        event.id = id;
        return subscribers;
      };
      const listening = listen(`/events/${channel}?retry=5&${words}`, {
        take: (seen) => published(seen).length < 20 + 4 * 2,
        returning: async ({ opens }) => {
          for (let count = 0; opens <= 4 && count < 2; ++count) assert.equal(await send(), 0);
        },
      });
      await untilSubscribed(channel);
      for (let count = 0; count < 20; ++count) await send();
      const seen = await listening;
      const number = ({ id }) => Number(id.match(/^[0-9a-f]+-(\d+)$/)[1]);
      assert.deepEqual(published(seen), sent.sort((one, other) => number(one) - number(other)));
      assert.ok(seen.opens > 4, `${seen.opens} connections`);
    });
  }

  test('who comes with an id of another run of the server is told', limited, async () => {
    const { events } = await listen('/events/gone?lastEventId=4711-3', {
      types: ['message', 'reset'],
      take: () => false,
    });
    assert.equal(events[0].type, 'reset');
    assert.deepEqual(JSON.parse(events[0].data), { reason: 'unknown' });
  });
});

// ---- fetch and eventsource-parser

describe('fetch and eventsource-parser', () => {
  /** The events of a POST, with the comments and retry times. */
  async function post(path, body, headers = {}) {
    const answer = await fetch(url + path, { method: 'POST', body, headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('Content-Type'), 'text/event-stream');
    const comments = [];
    const retries = [];
    const parser = new EventSourceParserStream({
      onComment: (text) => comments.push(text),
      onRetry: (ms) => retries.push(ms),
      onError: 'terminate',
    });
    const events = [];
    for await (const event of answer.body.pipeThrough(new TextDecoderStream()).pipeThrough(parser))
      events.push(event);
    return { events, comments, retries };
  }

  for (const [what, body] of [['text', 'hello'], ['lines', 'a\r\nb\n\nc: d\n'], ['nothing', ''],
    ['JSON', JSON.stringify({ stream: true, messages: [{ role: 'user', content: '☕ "\\' }] })],
    ['100 kB', 'grüße '.repeat(15_000)]]) {
    test(`echo=body gives back ${what}`, limited, async () => {
      const { events } = await post('/sse?count=3&interval=10ms&echo=body', body);
      assert.deepEqual(events.map(({ id, event }) => [id, event]),
        [['1', undefined], ['2', undefined], ['3', undefined], [undefined, 'close']]);
      for (const { data } of events.slice(0, 3)) assert.equal(JSON.parse(data).content, body);
    });
  }

  test('parameters and faults are those of a GET', limited, async () => {
    const { events, comments, retries } = await post(
      '/sse?count=2&interval=0&echo=body&event=token&retry=1234&eol=crlf&split=1&done=[DONE]', 'ü');
    assert.deepEqual(events.map(({ event }) => event), ['token', 'token', undefined]);
    assert.deepEqual(events.map(({ data }) => data.replace(/.*("content":"ü").*/, '$1')),
      ['"content":"ü"', '"content":"ü"', '[DONE]']);
    assert.deepEqual(comments, ['stream-echo']);
    assert.deepEqual(retries, [1234]);
  });

  test('without echo=body the body is ignored, and Last-Event-ID is not', limited, async () => {
    const { events } = await post('/sse?count=3&interval=0', 'hello', { 'Last-Event-ID': '2' });
    assert.deepEqual(events.map(({ id, data }) => [id, JSON.parse(data).content]),
      [['3', 'message 3'], [undefined, 'no more messages']]);
  });
});
