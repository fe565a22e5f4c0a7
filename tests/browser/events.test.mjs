// Chromium's EventSource against the event streams of stream-echo, and the page that it serves.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const TIME_LIMIT = 60_000; // for each test; far more than it takes
const limited = { timeout: TIME_LIMIT };

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

let browser;
let server;
let url;

before(async () => {
  browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--host-resolver-rules=MAP evil.example 127.0.0.1'],
  });
  server = spawn(`${binDir}/stream-echo`, ['--port', '0', '--silent'],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = await once(server.stdout, 'data');
  url = line.toString().match(/(http:\S+)/)[1];
}, limited);

after(async () => {
  await browser?.close();
  if (!server) return;
  server.kill('SIGTERM');
  const [code] = await once(server, 'close');
  assert.equal(code, 0, 'exit code of stream-echo');
});

const publish = async (channel, data, query = '') =>
  (await fetch(`${url}/publish/${channel}${query}`, { method: 'POST', body: data })).json();

/** Listens until `count` events have come, or until the browser gives up; tells what happened. */
const listen = (page, path, { types = ['message'], count = Infinity } = {}) =>
  page.evaluate(({ address, types, count }) => new Promise((resolve) => {
    const seen = { events: [], opens: 0 };
    const source = new EventSource(address);
    const end = () => {
      source.close();
      resolve(seen);
    };
    source.onopen = () => ++seen.opens;
    source.onerror = () => {
      if (source.readyState !== EventSource.CLOSED) return;
      seen.stopped = true;
      end();
    };
    for (const type of types) {
      source.addEventListener(type, ({ data, lastEventId }) => {
        seen.events.push([type, lastEventId, data]);
        if (seen.events.length === count) end();
      });
    }
  }), { address: url + path, types, count: count === Infinity ? 1e9 : count });

const contents = ({ events }) => events.map(([, , data]) => JSON.parse(data).content);
const ten = Array.from({ length: 10 }, (_, i) => `message ${i + 1}`);

describe('EventSource in Chromium', () => {
  let page;
  before(async () => {
    page = await browser.newPage();
    await page.goto(url); // a line of text would do as well
    await page.evaluate(() => document.querySelectorAll('.connect button').forEach((b) => b.click()));
  }, limited);
  after(() => page?.close());

  test('messages come with ids, then an event of another type', limited, async () => {
    const seen = await listen(page, '/sse?interval=0&retry=10', { types: ['message', 'close'] });
    assert.deepEqual(contents(seen), [...ten, 'no more messages']);
    assert.deepEqual(seen.events.map(([, id]) => id), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10].map(String));
    assert.equal(seen.events.at(-1)[0], 'close');
  });

  test('the browser comes back, and 204 makes it stop', limited, async () => {
    const seen = await listen(page, '/sse?interval=0&retry=10');
    assert.deepEqual(contents(seen), ten);
    assert.equal(seen.opens, 1);
    assert.equal(seen.stopped, true);
  });

  test('a type of its own', limited, async () => {
    const seen = await listen(page, '/sse?interval=0&event=tick', { types: ['tick'], count: 10 });
    assert.deepEqual(contents(seen), ten);
  });

  // However the stream ends, nothing is missing and nothing comes twice.
  for (const words of ['drop-after=3', 'cut&after=2', 'abort&after=4', 'rst&after=4']) {
    test(`it resumes after ${words}`, limited, async () => {
      const seen = await listen(page, `/sse?interval=5ms&retry=10&${words}`);
      if (words.startsWith('rst')) {
        // A reset may overtake what was sent before it; ids see to the rest.
        assert.deepEqual([...new Set(contents(seen))], ten);
      } else {
        assert.deepEqual(contents(seen), ten);
      }
      assert.ok(seen.opens > 2, `${seen.opens} connections`);
    });
  }

  for (const words of ['eol=cr', 'eol=crlf', 'eol=mixed', 'bom', 'split=1', 'split=3&eol=crlf', 'gzip',
    'chunked=off', 'charset=utf-8', 'comment=2ms', 'slice=7', 'jitter=1ms']) {
    test(`${words} does no harm`, limited, async () => {
      const seen = await listen(page, `/sse?interval=2ms&retry=10&data=gr%c3%bc%c3%9fe&${words}`);
      assert.deepEqual(contents(seen), Array(10).fill('grüße'));
    });
  }

  test('ids with a NUL do not count', limited, async () => {
    const seen = await listen(page, '/sse?interval=0&nul-id', { count: 10 });
    assert.deepEqual(seen.events.map(([, id]) => id), Array(10).fill(''));
  });

  test('without its blank line the last event is none', limited, async () => {
    const seen = await listen(page, '/sse?interval=0&retry=10&count=3&no-final-blank',
      { types: ['message', 'close'] });
    assert.deepEqual(contents(seen), ten.slice(0, 3));
  });

  // By the letter of the standard a charset has no effect; Chromium takes none but UTF-8.
  for (const words of ['type=text/plain', 'charset=latin1', 'status=500', 'status=200', 'status=204']) {
    test(`${words} is no event stream`, limited, async () => {
      assert.deepEqual(await listen(page, `/sse?${words}`), { events: [], opens: 0, stopped: true });
    });
  }

  test('what is published arrives, and nothing is missed in between', limited, async () => {
    const listening = listen(page, '/events/news?retry=10&drop-after=2',
      { types: ['message', 'greeting'], count: 7 });
    while ((await publish('news', 'probe')).subscribers === 0);
    const ids = [];
    for (let i = 0; i < 6; ++i) {
      ids.push((await publish('news', `number ${i}\nzwei`, i === 3 ? '?event=greeting' : '')).id);
    }
    const { events } = await listening;
    const numbers = events.filter(([, , data]) => data.startsWith('number'));
    assert.deepEqual(numbers.map(([type, , data]) => [type, data]),
      [0, 1, 2, 3, 4, 5].slice(0, numbers.length)
        .map((i) => [i === 3 ? 'greeting' : 'message', `number ${i}\nzwei`]));
    assert.deepEqual(numbers.map(([, id]) => id), ids.slice(0, numbers.length));
    assert.ok(numbers.length >= 4, `${numbers.length} of 7 events`);
  });

  test('a page from elsewhere is refused', limited, async () => {
    const site = createServer((_, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end('<!doctype html><title>test</title>');
    });
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const foreign = await browser.newPage();
    await foreign.goto(`http://evil.example:${site.address().port}/`);
    assert.deepEqual(await listen(foreign, '/sse'), { events: [], opens: 0, stopped: true });
    await foreign.goto(`http://localhost:${site.address().port}/`);
    assert.equal((await listen(foreign, '/sse?interval=0', { count: 1 })).events.length, 1);
    await foreign.close();
    site.close();
  });
});

describe('the page', () => {
  let page;
  const problems = [];
  const shown = (panel, name) => page.textContent(`#${panel} [data-show=${name}]`);
  const until = (panel, text) => page.locator(`#${panel} ol`, { hasText: text }).waitFor();
  const connect = async (panel, path) => {
    const button = page.locator(`#${panel} .connect button`);
    if (await button.textContent() === 'Close') await button.click();
    await page.locator(`#${panel} .connect button`, { hasNotText: 'Close' }).waitFor();
    await page.fill(`#${panel} [name=path]`, path);
    await button.click();
  };

  before(async () => {
    page = await browser.newPage();
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      if (/Content Security Policy/.test(message.text())) problems.push(message.text());
    });
    await page.goto(url);
  }, limited);
  after(() => page?.close());

  test('both protocols run at once', limited, async () => {
    await until('ws', 'open');
    await page.click('#ws .send button');
    await until('ws', '←hello');
    await until('es', '"message 1"');
    assert.equal(await shown('ws', 'received'), '1');
    assert.equal(await shown('es', 'id'), '1');
    assert.equal(await page.textContent('#es .state'), 'open');
  });

  test('a close shows its code and reason', limited, async () => {
    await connect('ws', '/ws?close=4001,enough');
    await until('ws', 'closed: 4001 “enough”');
    assert.equal(await shown('ws', 'code'), '4001');
  });

  test('a stream that is dropped is resumed, and 204 ends it', limited, async () => {
    await connect('es', '/sse?interval=1ms&retry=10&drop-after=4');
    await until('es', 'told to stop');
    assert.equal(await shown('es', 'reconnects'), '2');
    assert.equal(await shown('es', 'id'), '10');
    assert.equal(await shown('es', 'events'), '11');
    assert.equal(await page.textContent('#es .state'), 'closed');
  });

  test('what is published to a channel comes back, as text whatever it is', limited, async () => {
    await connect('es', '/events/demo');
    await until('es', 'open');
    const markup = '<img src=x onerror="document.title=1">';
    await page.fill('#es .send [name=text]', markup);
    await page.click('#es .send button');
    await until('es', `←${markup}`);
    assert.equal(await page.locator('#es li img').count(), 0);
  });

  test('what cannot be connected to is told', limited, async () => {
    for (const panel of ['ws', 'es']) {
      await connect(panel, '//');
      await until(panel, 'this is no path');
      await connect(panel, 'http://evil.example/');
      await until(panel, 'only connect to its own server');
    }
    await connect('es', '/nothing');
    await until('es', 'the answer is no event stream');
    await connect('ws', '/ws?close=4002,later#fragment');
    await until('ws', 'closed: 4002 “later”');
  });

  test('nothing but its own script runs', limited, async () => {
    const answer = await fetch(url, { headers: { Accept: 'text/html' } });
    const policy = answer.headers.get('content-security-policy');
    assert.match(policy, /^default-src 'none'; script-src 'nonce-[0-9a-f]{32}'; /);
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.notEqual((await fetch(url, { headers: { Accept: 'text/html' } }))
      .headers.get('content-security-policy'), policy);
    assert.deepEqual(problems, []);
    await page.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.intruder = true';
      document.body.append(script);
    });
    assert.equal(await page.evaluate(() => window.intruder), undefined);
    assert.equal(problems.length, 1, 'the attempt was noticed');
  });

  test('it fits a phone', limited, async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390);
  });

  test('a program gets a line of text', limited, async () => {
    assert.equal(await (await fetch(url)).text(), 'stream-echo: connect a WebSocket to /ws, an EventSource to /sse\n');
  });
});
