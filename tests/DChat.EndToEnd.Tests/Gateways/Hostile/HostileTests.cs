using DChat.Testing.Processes;

namespace DChat.EndToEnd.Tests.Gateways.Hostile;

/// <summary>
/// Attacks on a real silo while two honest peers chat. Of their messages each is accepted, heard once and fetched once; the
/// silo's memory stays below a bound, it is well afterwards, has complained about nothing, and has counted what it dropped.
/// </summary>
public sealed partial class HostileTests(HostileSilo silo, ITestOutputHelper output) : IClassFixture<HostileSilo>
{
    private const int HonestMessages = 500;
    private const int WarmUpMessages = 100;

    /// <summary>The shard of attackers who do not care which.</summary>
    private const int Shard = 3;

    // Each pair has a shard of its own: gossip brings a newcomer what was said in the seconds before, and that would be the
    // words of another test.
    private const int FirstPairShard = 5;
    private const int PairShards = 11;

    private static int Pairs;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Runs an attack while the honest chat.</summary>
    /// <param name="mayGrowMiB">How much more memory the silo may use at its peak than before, in MiB.</param>
    /// <param name="attack">The attack.</param>
    /// <param name="messages">How many messages the honest exchange meanwhile.</param>
    /// <param name="perRequest">How many they push at once.</param>
    /// <param name="contentLength">How long each is, in bytes; 0 for a few.</param>
    private async Task WithstandAsync(
        int mayGrowMiB, Func<Siege, HonestPair, Task> attack, int messages = HonestMessages, int perRequest = 5, int contentLength = 0)
    {
        await using var pair = await StartPairAsync();
        await pair.ChatAsync(WarmUpMessages, 50);
        var before = silo.ResidentMiB;
        silo.ForgetPeak();
        var started = TimeProvider.System.GetTimestamp();
        var siege = new Siege();
        var attacking = Task.Run(() => attack(siege, pair), Cancel);
        try
        {
            await await Task.WhenAny(siege.UnderWay, attacking);
            await pair.ChatAsync(messages, perRequest, contentLength);
        }
        finally
        {
            siege.End();
        }

        await attacking.WaitAsync(ChildProcess.Patience, Cancel);
        var grown = silo.PeakMiB - before;
        output.WriteLine($"{before:F0} MiB before, {grown:F0} MiB more at the peak, {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F1} s");
        await pair.AssertCompleteAsync();
        await silo.AssertWellAsync();
        Assert.InRange(grown, double.NegativeInfinity, mayGrowMiB);
    }

    private Task<HonestPair> StartPairAsync()
    {
        var number = Interlocked.Increment(ref Pairs);
        return HonestPair.StartAsync(silo.Address, FirstPairShard + (number % PairShards), number);
    }

    private static async Task DisposeAsync(IEnumerable<IAsyncDisposable> all)
    {
        foreach (var each in all)
        {
            await each.DisposeAsync();
        }
    }
}
