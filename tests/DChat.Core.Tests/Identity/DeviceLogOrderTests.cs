using CsCheck;
using DChat.Core.Identity;
using DChat.Core.Statements;

namespace DChat.Core.Tests.Identity;

/// <summary>Whatever devices and the recovery key have signed, in whatever order and however often it arrives, every operator's log says the same.</summary>
public sealed class DeviceLogOrderTests : IDisposable
{
    private const int Devices = 6;

    private static readonly Gen<(int Parent, int Signer, int Kind, int Target, int Merged)[]> Script = Gen.Select(
        Gen.Int[0, 1_000], Gen.Int[0, Devices], Gen.Int[0, 9], Gen.Int[0, Devices - 1], Gen.Int[0, 1_000]).Array[0, 25];

    private readonly Household _household = new();

    public void Dispose() => _household.Dispose();

    [Fact]
    public void Any_order_and_any_repetition_end_in_the_same_view() => Gen.Select(Script, Gen.Int[0, int.MaxValue]).Sample((script, seed) =>
    {
        var grown = Grow(script);
        var told = Household.Tell(grown.View);
        var random = new Random(seed);
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(told, Household.Tell(Deliver(grown.Entries, random).View));
        }
    }, iter: 200);

    [Fact]
    public void Parted_logs_that_show_each_other_what_they_have_say_the_same() => Gen.Select(Script, Gen.Int[0, int.MaxValue]).Sample((script, seed) =>
    {
        var grown = Grow(script);
        var random = new Random(seed);
        var parts = Enumerable.Range(0, 5).Select(_ => Deliver([.. grown.Entries.Where(_ => random.Next(2) == 0)], random)).ToArray();
        for (var round = 0; round < 2; round++)
        {
            for (var to = 0; to < parts.Length; to++)
            {
                foreach (var entry in parts[(to + 1) % parts.Length].Entries.Concat(parts[(to + 3) % parts.Length].Entries).ToList())
                {
                    parts[to].Apply(entry);
                }
            }
        }

        Assert.Single(parts.Select(part => Household.Tell(part.View)).Distinct());
    }, iter: 100);

    [Fact]
    public void Who_is_revoked_stays_revoked_unless_the_recovery_key_settles_it_otherwise() => Script.Sample(script =>
    {
        var log = new DeviceLog(Given.Network, _household.Identity);
        HashSet<Core.Keys.DeviceKey> revoked = [];
        foreach (var entry in Grow(script, hasRecovery: false).Entries)
        {
            log.Apply(entry);
            revoked.UnionWith(log.View.Devices.Where(device => device.Standing == DeviceStanding.Revoked).Select(device => device.Device));
            Assert.All(revoked, device => Assert.Equal(DeviceStanding.Revoked, log.View.StandingOf(device)));
        }
    }, iter: 200);

    private DeviceLog Grow((int Parent, int Signer, int Kind, int Target, int Merged)[] script, bool hasRecovery = true)
    {
        var log = new DeviceLog(Given.Network, _household.Identity);
        log.Apply(_household.First);
        foreach (var (parentNumber, signer, kind, target, mergedNumber) in script)
        {
            // Mostly on the newest entry, so that logs grow and fork now and then.
            var parent = log.Entries[parentNumber % 3 == 0 ? parentNumber % log.Entries.Count : log.Entries.Count - 1];
            var isRecovery = hasRecovery && signer == Devices;
            var merged = isRecovery && mergedNumber % 2 == 0 ? log.Entries[mergedNumber % log.Entries.Count] : null;
            log.Apply(_household.After(
                Household.Id(parent),
                Math.Max(parent.Statement.Sequence, merged?.Statement.Sequence ?? 0) + 1,
                isRecovery ? null : signer % Devices,
                add: kind < 6 ? target : null,
                revoke: kind is 6 or 7 ? target : null,
                merged: merged is null ? null : [Household.Id(merged)]));
        }

        return log;
    }

    private DeviceLog Deliver(IReadOnlyList<Signed<DeviceLogEntry>> entries, Random random)
    {
        var log = new DeviceLog(Given.Network, _household.Identity);
        List<Signed<DeviceLogEntry>> waiting = [.. entries, .. entries.Where(_ => random.Next(3) == 0)];
        var shuffled = waiting.ToArray();
        random.Shuffle(shuffled);
        waiting = [.. shuffled];
        while (waiting.RemoveAll(entry => log.Apply(entry) is DeviceLogOutcome.Kept or DeviceLogOutcome.Known) > 0)
        {
        }

        return log;
    }
}
