using System.Globalization;

namespace DChat.Testing.Simulation;

/// <summary>Runs a simulation under several seeds: those from 1, or the one that DCHAT_SIM_SEED names.</summary>
public static class Simulations
{
    /// <summary>Runs it once for each seed; a failure names the seed and what happened last.</summary>
    /// <param name="runs">How many seeds unless DCHAT_SIM_RUNS says.</param>
    /// <param name="simulation">Draws everything from the simulator it is given.</param>
    public static void ForEachSeed(int runs, Action<Simulator> simulation)
    {
        ArgumentNullException.ThrowIfNull(simulation);
        if (Read("DCHAT_SIM_SEED") is { } seed)
        {
            Run(seed, simulation);
            return;
        }

        for (var next = 1; next <= (Read("DCHAT_SIM_RUNS") ?? runs); next++)
        {
            Run(next, simulation);
        }
    }

    private static void Run(int seed, Action<Simulator> simulation)
    {
        var simulator = new Simulator(seed);
        try
        {
            simulation(simulator);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException(
                $"Seed {seed} fails after {simulator.Now}; DCHAT_SIM_SEED={seed} repeats it. {failure.Message}\nBefore that:\n{string.Join('\n', simulator.Notes)}",
                failure);
        }
    }

    private static int? Read(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
