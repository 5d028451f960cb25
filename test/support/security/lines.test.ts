import { describe, expect, test } from 'vitest';
import { readLines, splitWords } from './lines.mjs';

describe('the lines of security -i', () => {
  test.each<[string, string, string[]]>([
    ['end at a newline', 'a\nb\n', ['a', 'b']],
    ['may be empty', 'a\n\n', ['a', '']],
    ['are not read without a newline', 'a\nb', ['a']],
    ['keep a carriage return', 'a\r\n', ['a\r']],
    ['of 4,094 bytes are read as one', `${'x'.repeat(4094)}\n`, ['x'.repeat(4094)]],
    ['of 4,095 bytes leave their newline', `${'x'.repeat(4095)}\n`, ['x'.repeat(4095), '']],
    ['that are longer are split in two', `${'x'.repeat(4096)}\n`, ['x'.repeat(4095), 'x']],
  ])('%s', (_, input, lines) => {
    expect(readLines(input)).toEqual(lines);
  });
});

describe('the words of a line', () => {
  test.each<[string, string, string[]]>([
    ['are separated by white space', ' a\tb  c\r', ['a', 'b', 'c']],
    ['may be quoted in two ways', `"a b" 'c d'`, ['a b', 'c d']],
    ['may be empty in quotes', `"" ''`, ['', '']],
    ['keep the other quote', `"it's" '"'`, ["it's", '"']],
    [
      'take a byte after a backslash literally',
      String.raw`a\ b \"c "d\"e\\"`,
      ['a b', '"c', 'd"e\\'],
    ],
    ['also allow backslashes in single quotes', String.raw`'it\'s' 'a\\'`, ["it's", 'a\\']],
    ['end at their quote, whatever follows', `"a"b 'c''d'`, ['a', 'b', 'c', 'd']],
    ['do not begin a quote in the middle', `a"b c"d`, ['a"b', 'c"d']],
    ["differ from those of a shell: '\"'\"' injects", `'it'"'"'s -A'`, ['it', "'", 's -A']],
    ['may be unfinished', `"a b`, ['a b']],
    ['are limited to 32', 'x '.repeat(40), Array<string>(32).fill('x')],
    ['end at a NUL', 'a\0b', ['a']],
  ])('%s', (_, line, words) => {
    expect(splitWords(line)).toEqual(words);
  });
});
