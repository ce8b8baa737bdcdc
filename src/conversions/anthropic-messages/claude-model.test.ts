import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type ClaudeModel, claudeModel } from './claude-model.ts'

const traits = <Trait extends keyof ClaudeModel>(trait: Trait, ...names: readonly string[]): ClaudeModel[Trait][] => names.map((name) => claudeModel(name)[trait])

describe('what a Claude takes', () => {
  it('is told from any spelling of its name', () => {
    const spellings = [
      'claude-sonnet-4-5-20250929',
      'claude-sonnet-4-5@20250929',
      'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'anthropic/claude-sonnet-4.5',
      'arn:aws:bedrock:us-east-1:1:inference-profile/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ]
    for (const spelling of spellings) assert.deepEqual(claudeModel(spelling), claudeModel('claude-sonnet-4-5'))
    assert.deepEqual(claudeModel('claude-3-5-sonnet-v2@20241022'), claudeModel('claude-3-5-sonnet-latest'))
    assert.deepEqual(claudeModel('claude-opus-4-20250514'), claudeModel('claude-opus-4'))
  })

  it('has thoughts from 3.7 on, as long as the model likes from 4.6 on', () => {
    assert.deepEqual(traits('thinking', 'claude-2.1', 'claude-3-opus-20240229', 'claude-3-5-haiku-latest'), ['none', 'none', 'none'])
    assert.deepEqual(traits('thinking', 'claude-3-7-sonnet-20250219', 'claude-opus-4-1', 'claude-haiku-4-5'), ['budget', 'budget', 'budget'])
    assert.deepEqual(traits('thinking', 'claude-opus-4-6', 'claude-sonnet-5', 'claude-fable-5-1'), ['adaptive', 'adaptive', 'adaptive'])
  })

  it('has a way to stop thinking, or none', () => {
    const names = ['claude-opus-4-8', 'claude-opus-5', 'claude-sonnet-5', 'claude-haiku-5-5', 'claude-sonnet-5-5', 'claude-opus-5-5', 'claude-fable-5', 'claude-mythos-preview']
    assert.deepEqual(traits('thinkingOff', ...names), ['omitted', 'disabled', 'disabled', 'disabled', 'between_tools', 'impossible', 'impossible', 'impossible'])
    assert.deepEqual(traits('canBeForced', ...names), [true, true, true, true, false, false, false, false])
    assert.deepEqual(traits('thinksUnasked', 'claude-sonnet-4-5', ...names), [false, false, true, true, true, true, true, true, true])
  })

  it('samples as its generation does', () => {
    assert.deepEqual(traits('sampling', 'claude-3-haiku-20240307', 'claude-sonnet-4-0', 'claude-opus-4-1', 'claude-sonnet-4-6'), ['all', 'all', 'one', 'one'])
    assert.deepEqual(traits('sampling', 'claude-opus-4-7', 'claude-sonnet-5', 'claude-opus-9'), ['none', 'none', 'none'])
  })

  it('answers as long as it can', () => {
    const names = ['claude-3-haiku-20240307', 'claude-3-5-sonnet-latest', 'claude-3-7-sonnet-latest', 'claude-opus-4-1', 'claude-sonnet-4-5', 'claude-opus-4-6']
    assert.deepEqual(traits('maxOutputTokens', ...names), [4_096, 8_192, 64_000, 32_000, 64_000, 128_000])
    assert.deepEqual(traits('defaultMaxTokens', ...names, 'glm-5'), [4_096, 8_192, 32_000, 32_000, 32_000, 32_000, 8_192])
  })

  it('is that of the newest where the name does not tell, and of an old one for look-alikes', () => {
    assert.deepEqual(claudeModel('arn:aws:bedrock:us-east-1:1:application-inference-profile/abc'), claudeModel('claude-opus-7'))
    assert.deepEqual(traits('thinking', 'deepseek-chat'), ['budget'])
    assert.deepEqual(traits('maxOutputTokens', 'deepseek-chat'), [undefined])
  })
})
