// The SDKs of OpenAI, Anthropic and Ollama as clients of stream-echo, which answers each of them with
// the prompt: whole and streamed, with tools, limits and reasoning, and with what goes wrong.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import { Ollama } from 'ollama';
import OpenAI from 'openai';

const TIME_LIMIT = 20_000; // for each test; far more than it takes
const limited = { timeout: TIME_LIMIT };

const binDir = process.env.BIN_DIR ?? fileURLToPath(new URL('../../build/dev', import.meta.url));

const PROMPT = 'Say  it\nagain: "żółw" 🐢 \\ twice. ';
const WORDS = ['Say  ', 'it\n', 'again: ', '"żółw" ', '🐢 ', '\\ ', 'twice. '];

let server;
let url;
let log = '';

before(async () => {
  server = spawn(`${binDir}/stream-echo`, ['--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  server.stderr.setEncoding('utf8').on('data', (text) => { log += text; });
  const [line] = await once(server.stdout, 'data');
  url = line.toString().match(/(http:\S+)/)[1];
}, limited);

after(async () => {
  server.kill('SIGTERM');
  const [exit] = await once(server, 'exit');
  assert.equal(exit, 0);
}, limited);

// ---- Helpers

const query = (words) => Object.fromEntries(new URLSearchParams(`interval=0&${words}`));
const openai = (words = '', options = {}) => new OpenAI({
  baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, defaultQuery: query(words), ...options });
const anthropic = (words = '', options = {}) => new Anthropic({
  baseURL: url, apiKey: 'any', maxRetries: 0, defaultQuery: query(words), ...options });
// This one takes no query, so that it comes with each request.
const ollama = (words = '') => new Ollama({
  host: url, fetch: (address, init) => fetch(`${address}?interval=0&${words}`, init) });

const user = (content) => ({ role: 'user', content });
const asked = (more = {}) => ({ model: 'any', max_tokens: 100, messages: [user(PROMPT)], ...more });
const collect = async (stream) => {
  const items = [];
  for await (const item of stream) items.push(item);
  return items;
};

/** What the end of a stream is, and the texts that came before that. */
async function outcome(stream, take) {
  const taken = [];
  let error;
  try {
    for await (const item of await stream) taken.push(take(item));
  } catch (thrown) {
    error = thrown;
  }
  return { error, taken: taken.filter((text) => text) };
}

/** Until the server has logged that a stream was cut, behind what it logged up to `begin`. */
async function untilCut(begin) {
  while (!log.slice(begin).includes('stream cut after')) await once(server.stderr, 'data');
}

const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };

// ---- OpenAI, chat completions

describe('openai, chat completions', () => {
  const tools = [{ type: 'function', function: { name: 'weather', parameters: schema } }];

  test('an answer is the last thing that the user said', limited, async () => {
    const answer = await openai().chat.completions.create(asked({
      messages: [{ role: 'system', content: 'Be brief.' }, user('one'),
        { role: 'assistant', content: 'one' },
        user([{ type: 'text', text: 'two ' }, { type: 'text', text: 'three' }])] }));
    assert.equal(answer.choices[0].message.content, 'two three');
    assert.equal(answer.choices[0].finish_reason, 'stop');
    assert.equal(answer.model, 'any');
    assert.deepEqual([answer.usage.prompt_tokens, answer.usage.completion_tokens], [6, 2]);
  });

  test('a stream is word by word', limited, async () => {
    const chunks = await collect(await openai().chat.completions.create(
      asked({ stream: true, stream_options: { include_usage: true } })));
    const deltas = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta));
    assert.deepEqual(deltas[0], { role: 'assistant', content: '' });
    assert.deepEqual(deltas.slice(1, -1).map(({ content }) => content), WORDS);
    assert.equal(chunks.at(-2).choices[0].finish_reason, 'stop');
    assert.deepEqual(chunks.at(-1).choices, []);
    assert.equal(chunks.at(-1).usage.completion_tokens, WORDS.length);
    assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
    assert.equal(new Set(chunks.map(({ id }) => id)).size, 1);
  });

  test('the stream helper puts it together', limited, async () => {
    const stream = openai('reasoning=well,%20well').beta.chat.completions.stream(asked());
    assert.equal(await stream.finalContent(), PROMPT);
    const { choices } = await stream.finalChatCompletion();
    assert.equal(choices[0].finish_reason, 'stop');
    const chunks = await collect(await openai('reasoning=well,%20well').chat.completions.create(
      asked({ stream: true })));
    const thoughts = chunks.map(({ choices: [{ delta }] }) => delta.reasoning_content ?? '');
    assert.equal(thoughts.join(''), 'well, well');
  });

  test('a tool is called, and its result is the answer', limited, async () => {
    const cities = [];
    const runner = openai().beta.chat.completions.runTools(asked({
      stream: true,
      tools: [{ type: 'function',
        function: { name: 'weather', parameters: schema, parse: JSON.parse,
          function: ({ city }) => { cities.push(city); return `rain in ${city}`; } } }] }));
    assert.equal(await runner.finalContent(), `rain in ${PROMPT}`);
    assert.deepEqual(cities, [PROMPT]);

    const whole = await openai().chat.completions.create(asked({ tools, tool_choice: 'required' }));
    const [call] = whole.choices[0].message.tool_calls;
    assert.equal(whole.choices[0].finish_reason, 'tool_calls');
    assert.deepEqual(JSON.parse(call.function.arguments), { city: PROMPT });
    const none = await openai().chat.completions.create(asked({ tools, tool_choice: 'none' }));
    assert.equal(none.choices[0].message.content, PROMPT);
  });

  test('so many words are enough', limited, async () => {
    const stream = openai().beta.chat.completions.stream(asked({ max_tokens: 2 }));
    assert.equal(await stream.finalContent(), WORDS.slice(0, 2).join(''));
    assert.equal((await stream.finalChatCompletion()).choices[0].finish_reason, 'length');
  });

  test('an error in the stream is thrown', limited, async () => {
    const { error, taken } = await outcome(
      openai('error=overloaded&after=3').chat.completions.create(asked({ stream: true })),
      ({ choices }) => choices[0].delta.content);
    assert.deepEqual(taken, WORDS.slice(0, 3));
    assert.ok(error instanceof OpenAI.APIError);
    assert.deepEqual([error.type, error.error.message], ['overloaded', 'overloaded']);
  });

  test('a stream that is cut is no answer', limited, async () => {
    const cut = await outcome(openai('abort&after=2').chat.completions.create(
      asked({ stream: true })), ({ choices }) => choices[0].delta.content);
    assert.match(cut.error.message, /Premature close/);
    assert.deepEqual(cut.taken, WORDS.slice(0, 2));
    for (const words of ['drop-after=2', 'cut&after=2']) {
      // To HTTP these are complete: only the helper looks for the end.
      const quiet = await outcome(openai(words).chat.completions.create(
        asked({ stream: true })), ({ choices }) => choices[0].delta.content);
      assert.deepEqual([quiet.taken, quiet.error], [WORDS.slice(0, 2), undefined]);
      await assert.rejects(openai(words).beta.chat.completions.stream(asked()).finalContent(),
        /missing finish_reason/, words);
    }
  });

  test('without an end mark, or with half of it, an answer is complete', limited, async () => {
    for (const words of ['done=none', 'no-final-blank']) {
      const stream = openai(words).beta.chat.completions.stream(asked());
      assert.equal(await stream.finalContent(), PROMPT, words);
    }
  });

  test('a request that is wrong is told so', limited, async () => {
    await assert.rejects(openai().chat.completions.create(asked({ messages: [] })), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.type, 'invalid_request_error');
      assert.match(error.message, /messages: is empty/);
      return true;
    });
  });

  test('429 says when to come back', limited, async () => {
    await assert.rejects(
      openai('status=429,retry-after=1').chat.completions.create(asked()),
      (error) => error instanceof OpenAI.RateLimitError && error.type === 'rate_limit_error' &&
        error.headers['retry-after'] === '1');
  });

  test('who leaves is noticed', limited, async () => {
    const begin = log.length;
    const stream = await openai('interval=1h').chat.completions.create(asked({ stream: true }));
    for await (const { choices } of stream) {
      if (choices[0].delta.content) break;
    }
    stream.controller.abort();
    await untilCut(begin);
  });
});

// ---- OpenAI, responses

describe('openai, responses', () => {
  const tools = [{ type: 'function', name: 'weather', parameters: schema, strict: false }];
  const input = [user('one'), user([{ type: 'input_text', text: PROMPT }])];

  test('an answer is what came in', limited, async () => {
    assert.equal((await openai().responses.create({ model: 'any', input: PROMPT })).output_text,
      PROMPT);
    const answer = await openai('reasoning=hm').responses.create({ model: 'any', input });
    assert.equal(answer.output_text, PROMPT);
    assert.equal(answer.status, 'completed');
    assert.equal(answer.output[0].summary[0].text, 'hm');
    assert.equal(answer.usage.output_tokens, WORDS.length + 1);
    assert.equal(answer.usage.output_tokens_details.reasoning_tokens, 1);
  });

  test('the stream helper puts it together', limited, async () => {
    const stream = openai('reasoning=hm').responses.stream({ model: 'any', input });
    const events = await collect(stream);
    assert.deepEqual(events.map(({ sequence_number }) => sequence_number),
      events.map((_, index) => index));
    const texts = (type) => events.filter((event) => event.type === type)
      .map(({ delta }) => delta);
    assert.deepEqual(texts('response.output_text.delta'), WORDS);
    assert.deepEqual(texts('response.reasoning_summary_text.delta'), ['hm']);
    assert.equal(events[0].type, 'response.created');
    assert.equal(events.at(-1).type, 'response.completed');
    const final = await stream.finalResponse();
    assert.equal(final.output[1].content[0].text, PROMPT);
  });

  test('a function is called, and its output is the answer', limited, async () => {
    const stream = openai().responses.stream({ model: 'any', input, tools });
    const pieces = [];
    stream.on('response.function_call_arguments.delta', ({ delta }) => pieces.push(delta));
    const { output: [call] } = await stream.finalResponse();
    assert.deepEqual([call.type, call.name], ['function_call', 'weather']);
    assert.deepEqual(JSON.parse(call.arguments), { city: PROMPT });
    assert.equal(pieces.join(''), call.arguments);
    assert.ok(pieces.length > 2);
    const answer = await openai().responses.create({ model: 'any', tools, input: [...input, call,
      { type: 'function_call_output', call_id: call.call_id, output: 'rain' }] });
    assert.equal(answer.output_text, 'rain');
  });

  test('so many words are enough', limited, async () => {
    const events = await collect(await openai().responses.create(
      { model: 'any', input, stream: true, max_output_tokens: 2 }));
    const { type, response } = events.at(-1);
    assert.equal(type, 'response.incomplete');
    assert.equal(response.incomplete_details.reason, 'max_output_tokens');
    assert.equal(response.output[0].content[0].text, WORDS.slice(0, 2).join(''));
  });

  test('an error in the stream is thrown', limited, async () => {
    const { error, taken } = await outcome(
      openai('error=too%20much&after=1').responses.create({ model: 'any', input, stream: true }),
      ({ delta }) => delta);
    assert.deepEqual(taken, WORDS.slice(0, 1));
    assert.ok(error instanceof OpenAI.APIError);
    assert.match(error.message, /too much/);
  });

  test('a stream without its end mark, and one that is cut', limited, async () => {
    const events = await collect(await openai('done=none').responses.create(
      { model: 'any', input, stream: true }));
    assert.equal(events.at(-1).type, 'response.output_item.done');
    const { error } = await outcome(openai('rst&after=2').responses.create(
      { model: 'any', input, stream: true }), ({ delta }) => delta);
    assert.ok(error);
  });
});

// ---- Anthropic

describe('anthropic', () => {
  const tools = [{ name: 'weather', input_schema: schema }, { name: 'time', input_schema: {
    type: 'object' } }];

  test('an answer is the last thing that the user said', limited, async () => {
    const answer = await anthropic().messages.create(asked({ system: 'Be brief.' }));
    assert.deepEqual(answer.content, [{ type: 'text', text: PROMPT }]);
    assert.equal(answer.stop_reason, 'end_turn');
    assert.deepEqual([answer.usage.input_tokens, answer.usage.output_tokens],
      [WORDS.length + 2, WORDS.length]);
  });

  test('the stream helper puts it together', limited, async () => {
    const stream = anthropic('reasoning=well,%20well').messages.stream(asked());
    const texts = [];
    const thoughts = [];
    stream.on('text', (text) => texts.push(text));
    stream.on('thinking', (text) => thoughts.push(text));
    const message = await stream.finalMessage();
    assert.deepEqual(texts, WORDS);
    assert.deepEqual(thoughts, ['well, ', 'well']);
    assert.deepEqual(message.content.map(({ type }) => type), ['thinking', 'text']);
    assert.ok(message.content[0].signature);
    assert.equal(message.content[1].text, PROMPT);
    assert.equal(message.usage.output_tokens, WORDS.length + 2);
  });

  test('a stream of events begins and ends as it should', limited, async () => {
    const events = await collect(await anthropic().messages.create(asked({ stream: true })));
    const types = events.map(({ type }) => type);
    assert.deepEqual(types.slice(0, 2), ['message_start', 'content_block_start']);
    assert.deepEqual(types.slice(-3), ['content_block_stop', 'message_delta', 'message_stop']);
  });

  test('a tool is called, and its result is the answer', limited, async () => {
    const stream = anthropic().messages.stream(asked({ tools }));
    const pieces = [];
    stream.on('inputJson', (piece) => pieces.push(piece));
    const message = await stream.finalMessage();
    const [call] = message.content;
    assert.equal(message.stop_reason, 'tool_use');
    assert.deepEqual([call.name, call.input], ['weather', { city: PROMPT }]);
    assert.ok(pieces.length > 2);
    const answer = await anthropic().messages.create(asked({ tools, messages: [user(PROMPT),
      { role: 'assistant', content: message.content },
      user([{ type: 'tool_result', tool_use_id: call.id, content: 'rain' }])] }));
    assert.equal(answer.content[0].text, 'rain');
    const chosen = await anthropic().messages.create(
      asked({ tools, tool_choice: { type: 'tool', name: 'time' } }));
    assert.deepEqual(chosen.content[0].input, { text: PROMPT });
  });

  test('so many words are enough', limited, async () => {
    const message = await anthropic().messages.stream(asked({ max_tokens: 3 })).finalMessage();
    assert.equal(message.content[0].text, WORDS.slice(0, 3).join(''));
    assert.equal(message.stop_reason, 'max_tokens');
  });

  test('an error in the stream is thrown', limited, async () => {
    const stream = anthropic('error=overloaded_error&after=2').messages.stream(asked());
    const texts = [];
    stream.on('text', (text) => texts.push(text));
    await assert.rejects(stream.finalMessage(), (error) => {
      assert.ok(error instanceof Anthropic.APIError);
      assert.equal(error.error.error.type, 'overloaded_error');
      return true;
    });
    assert.deepEqual(texts, WORDS.slice(0, 2));
  });

  test('errors of the answer have their class', limited, async () => {
    await assert.rejects(anthropic().messages.create({ model: 'any', max_tokens: 1 }),
      (error) => error instanceof Anthropic.BadRequestError &&
        error.error.error.type === 'invalid_request_error');
    await assert.rejects(anthropic('status=529').messages.create(asked()),
      (error) => error.status === 529 && error.error.error.type === 'overloaded_error');
  });

  test('a stream that is cut is no message', limited, async () => {
    // An event without its blank line is none.
    for (const words of ['abort&after=2', 'drop-after=2', 'cut&after=2', 'done=none',
      'no-final-blank']) {
      await assert.rejects(anthropic(words).messages.stream(asked()).finalMessage(),
        /without producing a Message|terminated/, words);
    }
  });

  test('who leaves is noticed', limited, async () => {
    const begin = log.length;
    const stream = anthropic('interval=1h').messages.stream(asked());
    stream.on('text', () => stream.abort());
    await assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
    await untilCut(begin);
  });
});

// ---- Ollama

describe('ollama', () => {
  const messages = [user(PROMPT)];

  test('chat, whole and as a stream', limited, async () => {
    const whole = await ollama().chat({ model: 'any', messages });
    assert.equal(whole.message.content, PROMPT);
    assert.equal(whole.done_reason, 'stop');
    const lines = await collect(await ollama('reasoning=hm').chat(
      { model: 'any', messages, stream: true }));
    assert.equal(lines[0].message.thinking, 'hm');
    assert.deepEqual(lines.slice(1, -1).map(({ message }) => message.content), WORDS);
    const { done, eval_count, eval_duration } = lines.at(-1);
    assert.deepEqual([done, eval_count], [true, WORDS.length + 1]);
    assert.ok(eval_duration > 0);
  });

  test('generate, whole and as a stream', limited, async () => {
    const whole = await ollama().generate({ model: 'any', prompt: PROMPT });
    assert.equal(whole.response, PROMPT);
    const lines = await collect(await ollama().generate(
      { model: 'any', prompt: PROMPT, stream: true, options: { num_predict: 2 } }));
    assert.deepEqual(lines.map(({ response }) => response), [...WORDS.slice(0, 2), '']);
    assert.equal(lines.at(-1).done_reason, 'length');
  });

  test('a tool is called, and its result is the answer', limited, async () => {
    const tools = [{ type: 'function', function: { name: 'weather', parameters: schema } }];
    const lines = await collect(await ollama().chat(
      { model: 'any', messages, tools, stream: true }));
    const { message } = lines[0];
    assert.deepEqual(message.tool_calls,
      [{ function: { name: 'weather', arguments: { city: PROMPT } } }]);
    const answer = await ollama().chat({ model: 'any', tools, messages: [...messages, message,
      { role: 'tool', content: 'rain', tool_name: 'weather' }] });
    assert.equal(answer.message.content, 'rain');
  });

  test('what goes wrong is thrown', limited, async () => {
    const stream = (words) => outcome(
      ollama(words).chat({ model: 'any', messages, stream: true }),
      ({ message }) => message.content);
    const failed = await stream('error=out%20of%20memory&after=2');
    assert.deepEqual(failed.taken, WORDS.slice(0, 2));
    assert.match(failed.error.message, /out of memory/);
    assert.match((await stream('drop-after=1')).error.message, /Did not receive done/);
    assert.ok((await stream('abort&after=1')).error);
    await assert.rejects(ollama().chat({ model: 'any', messages: null }), /messages: is missing/);
  });
});
