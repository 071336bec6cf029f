"""Env steps per CPU second of JaxMARL's simple_tag, 8 against 4, without obstacles; prints JSON {batch: rate}.

Runs on its own, under any Python that has ``jaxmarl``: ``python jaxmarl_tag.py 8 1024``. One step is the worlds' own
``step`` with its automatic reset, under random actions, with every agent's observation, which is carried along so that
it cannot be left out. Compiling is not counted. One thread.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import contextlib
import io
import json
import sys
import time

STEPS = 50
ROUNDS = 5


def rates(batches):
    """Best of the rounds, {batch: env steps per CPU second}."""
    with contextlib.redirect_stdout(io.StringIO()):
        import jax
        import jaxmarl
    env = jaxmarl.make("MPE_simple_tag_v3", num_good_agents=4, num_adversaries=8, num_obs=0)

    def one_step(carry, key):
        _, state = carry
        batch = len(jax.tree_util.tree_leaves(state)[0])
        act_key, step_key = jax.random.split(key)
        chosen = jax.random.randint(act_key, (env.num_agents, batch), 0, 5)
        actions = {agent: chosen[i] for i, agent in enumerate(env.agents)}
        keys = jax.random.split(step_key, batch)
        observation, state, reward, _, _ = jax.vmap(env.step)(keys, state, actions)
        return (observation, state), reward[env.agents[0]]

    @jax.jit
    def play(carry, key):
        return jax.lax.scan(one_step, carry, jax.random.split(key, STEPS))

    found = {}
    for batch in batches:
        key = jax.random.PRNGKey(0)
        carry = jax.vmap(env.reset)(jax.random.split(key, batch))
        steps_per_play = batch * STEPS
        jax.block_until_ready(play(carry, key))
        best = 0.0
        for k in range(ROUNDS):
            start = time.process_time()
            carry, _ = jax.block_until_ready(play(carry, jax.random.PRNGKey(k)))
            best = max(best, steps_per_play / (time.process_time() - start))
        found[batch] = best
    return found


if __name__ == "__main__":
    print(json.dumps(rates([int(batch) for batch in sys.argv[1:]])))
