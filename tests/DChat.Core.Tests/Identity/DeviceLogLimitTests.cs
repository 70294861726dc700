using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;

namespace DChat.Core.Tests.Identity;

public sealed class DeviceLogLimitTests : IDisposable
{
    private readonly Household _house = new(devices: 70);

    private DeviceLog Log => _house.Log;

    private DeviceEntryId Head => Log.View.HeadId!.Value;

    public void Dispose() => _house.Dispose();

    [Fact]
    public void Sixteen_devices_are_active_at_once_and_a_revocation_makes_room()
    {
        _house.AddUpTo(DeviceLogLimits.MaxDevices - 1);
        Assert.Equal(DeviceLogLimits.MaxDevices, Log.View.ActiveDevices.Count());
        Assert.Equal(DeviceLogOutcome.TooManyDevices, Log.Apply(_house.After(Head, Log.View.Head + 1, 0, add: 16)));

        Log.Apply(DeviceLogSigner.Of(_house.Devices[0]).Revoke(Log, DeviceRevocation.Create(_house.KeyOf(1), [])));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Head, Log.View.Head + 1, 0, add: 16)));
    }

    [Fact]
    public void Devices_add_forty_in_all_branches_and_the_recovery_key_more()
    {
        _house.AddUpTo(1);
        for (var device = 2; device <= DeviceLogLimits.MaxAdded; device++)
        {
            Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, signer: device % 2, add: device)));
        }

        Assert.Equal(DeviceLogOutcome.TooManyDevices, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, signer: 1, add: 41)));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, signer: null, add: 41)));
    }

    [Fact]
    public void A_thief_with_one_key_runs_out_of_entries_and_keeps_nobody_from_revoking_it()
    {
        _house.AddUpTo(2);
        for (var i = 0; i < DeviceLogLimits.MaxEntriesOfSigner; i++)
        {
            Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, signer: 1, revoke: 0)));
        }

        Assert.Equal(DeviceLogOutcome.TooManyEntries, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, signer: 1, revoke: 0)));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, signer: 1, add: 5)));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(DeviceLogSigner.Of(_house.Devices[2]).Revoke(Log, DeviceRevocation.Create(_house.KeyOf(1), []))));
        Assert.Equal(DeviceStanding.Revoked, Log.View.StandingOf(_house.KeyOf(1)));
    }

    [Fact]
    public void A_signer_has_thirty_two_entries_that_do_not_revoke_and_can_revoke_all_the_same()
    {
        _house.AddUpTo(1);
        for (var i = 0; i < DeviceLogLimits.MaxEntriesOfSigner; i++)
        {
            Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Head, Log.View.Head + 1, signer: null)));
        }

        Assert.Equal(DeviceLogOutcome.TooManyEntries, Log.Apply(_house.After(Head, Log.View.Head + 1, signer: null)));
        Assert.Equal(DeviceLogOutcome.TooManyEntries, Log.Apply(_house.After(Head, Log.View.Head + 1, signer: null, add: 2)));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Head, Log.View.Head + 1, signer: null, revoke: 1)));
    }

    [Fact]
    public void The_revocations_of_a_signer_are_32_KiB_together()
    {
        _house.AddUpTo(1);
        AuthorCutoff[] cutoffs = [.. Enumerable.Range(0, DeviceLogLimits.MaxCutoffs).Select(Cutoff)];
        var bytes = 0;
        while (true)
        {
            var entry = Revoke(cutoffs);
            var length = entry.Message.Statement.Length;
            Assert.InRange(length, DeviceLogLimits.MaxCutoffs * Bytes32.Length, DeviceLogEntry.MaxLength);
            var outcome = Log.Apply(entry);
            if (bytes + length > DeviceLogLimits.MaxRevocationBytesOfSigner)
            {
                Assert.Equal(DeviceLogOutcome.TooManyEntries, outcome);
                break;
            }

            Assert.Equal(DeviceLogOutcome.Kept, outcome);
            bytes += length;
        }

        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(Revoke([])));
    }

    [Fact]
    public void More_cutoffs_than_fit_or_one_author_key_twice_are_refused()
    {
        Assert.Throws<ArgumentException>(() => DeviceRevocation.Create(_house.KeyOf(1), [.. Enumerable.Range(0, DeviceLogLimits.MaxCutoffs + 1).Select(Cutoff)]));
        Assert.Throws<ArgumentException>(() => DeviceRevocation.Create(_house.KeyOf(1), [Cutoff(1), Cutoff(1) with { LastSequence = 9 }]));
    }

    [Fact]
    public void Sixteen_entries_are_merged_at_once_and_no_more()
    {
        _house.AddUpTo(1);
        DeviceEntryId[] others = [.. Enumerable.Range(2, DeviceLogLimits.MaxMerged + 1).Select(device =>
        {
            var entry = _house.After(Household.Id(Log.Entries[1]), 3, signer: 0, add: device);
            Log.Apply(entry);
            return Household.Id(entry);
        })];

        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 4, signer: null, merged: others[1..])));
        Assert.Throws<ArgumentException>(() => _house.After(Household.Id(Log.Entries[1]), 4, signer: null, merged: others));
    }

    private static AuthorCutoff Cutoff(int number) =>
        new(Given.Topic, 0, new AuthorKey(new Bytes32([.. Given.Bytes(30, 1), (byte)(number >> 8), (byte)number])), (ulong)number);

    private Signed<DeviceLogEntry> Revoke(AuthorCutoff[] cutoffs) => Signed<DeviceLogEntry>.Sign(
        Given.Network,
        new DeviceLogEntry
        {
            Identity = _house.Identity,
            Sequence = 3,
            Previous = Household.Id(Log.Entries[1]),
            Signer = _house.KeyOf(0).Value,
            Revoked = DeviceRevocation.Create(_house.KeyOf(1), cutoffs),
        },
        _house.Devices[0].SigningKey);
}
