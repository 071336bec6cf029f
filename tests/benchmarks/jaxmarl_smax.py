"""Env steps per CPU second of JaxMARL's SMAX, HeuristicEnemySMAX: a program that answers round by round.

Runs under any Python that has ``jaxmarl``. For every line ``MAP BATCH`` on its standard input it plays one round and
prints its rate; the first round of a map and batch is compiled before and not counted. One step is the worlds' own
``step`` with its automatic reset, which gives all observations and the state, under random available actions. One
thread. ``corridor`` is not among SMAX's maps: it is registered here with 6 zealots and 24 zerglings, and SMAX has no
walls. No colossus is known to SMAX, so there is no 2c_vs_64zg.
"""

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import sys
import time

ZEALOT, ZERGLING = 3, 4


def player(jax, name, batch, steps):
    """A compiled function that plays so many steps, and its first argument."""
    import jax.numpy as jnp
    from jaxmarl import make
    from jaxmarl.environments.smax import smax_env

    if name == "corridor":
        units = jnp.array([ZEALOT] * 6 + [ZERGLING] * 24, dtype=jnp.uint8)
        smax_env.register_scenario(name, smax_env.Scenario(units, 6, 24, False, False))
    env = make("HeuristicEnemySMAX", scenario=smax_env.map_name_to_scenario(name))
    agents = list(env.agents)

    def one_step(carry, key):
        _, state = carry
        act_key, step_key = jax.random.split(key)
        available = jax.vmap(env.get_avail_actions)(state)
        logits = jnp.where(jnp.stack([available[agent] for agent in agents]) > 0, 0.0, -jnp.inf)
        chosen = jax.random.categorical(act_key, logits)
        actions = {agent: chosen[i] for i, agent in enumerate(agents)}
        keys = jax.random.split(step_key, batch)
        observation, state, reward, _, _ = jax.vmap(env.step)(keys, state, actions)
        return (observation, state), reward[agents[0]].sum()

    @jax.jit
    def play(carry, key):
        return jax.lax.scan(one_step, carry, jax.random.split(key, steps))

    return play, jax.vmap(env.reset)(jax.random.split(jax.random.PRNGKey(0), batch))


def main():
    """Answer until the input ends."""
    # Some imports print: only answers may go where answers are read.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    import jax

    playing = {}
    for rounds, line in enumerate(sys.stdin):
        name, batch = line.split()
        steps = max(2, 2048 // int(batch))
        if line not in playing:
            play, carry = player(jax, name, int(batch), steps)
            # Twice: what the first play returns has other types than what reset returns.
            for key in range(2):
                carry, _ = jax.block_until_ready(play(carry, jax.random.PRNGKey(key)))
            playing[line] = (play, carry)
        play, carry = playing[line]
        start = time.process_time()
        carry, _ = jax.block_until_ready(play(carry, jax.random.PRNGKey(rounds)))
        taken = time.process_time() - start
        playing[line] = (play, carry)
        print(steps * int(batch) / taken, file=answers, flush=True)


if __name__ == "__main__":
    main()
