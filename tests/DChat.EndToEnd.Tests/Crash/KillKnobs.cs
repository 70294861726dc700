using System.Globalization;

namespace DChat.EndToEnd.Tests.Crash;

/// <summary>The environment variables of the crash tests.</summary>
internal static class KillKnobs
{
    /// <summary><c>DCHAT_KILL_ROUNDS</c>: how often to kill; null when it is not set.</summary>
    public static int? Rounds => Read("DCHAT_KILL_ROUNDS");

    /// <summary>Randomness from <c>DCHAT_KILL_SEED</c>, or a new seed, which is printed.</summary>
    public static Random Random(int rounds, ITestOutputHelper output)
    {
        var seed = Read("DCHAT_KILL_SEED") ?? System.Random.Shared.Next();
        output.WriteLine($"{rounds} rounds, DCHAT_KILL_SEED={seed}");
        return new Random(seed);
    }

    private static int? Read(string variable) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : null;
}
