// Learning from rewards: a bandit to play against, what its log says about other policies, and routing between two models.
import { wrap } from 'comlink';
import { h } from '../ui.js';
import { game } from './game.js';
import { judgement } from './judgement.js';
import type { Learning } from './learn.worker.js';
import { routing } from './routing.js';

export async function show(panel: HTMLElement): Promise<void> {
  const worker = wrap<Learning>(
    new Worker(new URL('./learn.worker.js', import.meta.url), { type: 'module' }),
  );
  const judged = judgement(worker);
  const played = game(worker, judged.ask);
  const routed = routing(worker);
  panel.append(
    h(
      'p',
      { className: 'intro' },
      'Arms with hidden rates: play against policies that learn, see what the log of one policy says about another, ',
      'and send questions to a small or a large model.',
    ),
    ...played.parts,
    ...judged.parts,
    ...routed.parts,
  );
  await Promise.all([played.ask(), routed.ask()]);
}
