using DChat.Core.Identity;

namespace DChat.Core.Tests.Identity;

/// <summary>Two entries that follow the same one: nothing more is added, what is revoked is revoked, and both are shown.</summary>
public sealed class DeviceForkTests : IDisposable
{
    private readonly Household _house = new(devices: 10);

    public DeviceForkTests() => _house.AddUpTo(2);

    private DeviceLog Log => _house.Log;

    public void Dispose() => _house.Dispose();

    [Fact]
    public void A_fork_shows_both_entries_and_freezes_what_is_added()
    {
        var (left, right) = Fork();

        Assert.True(Log.View.IsFrozen);
        var fork = Assert.Single(Log.View.Forks);
        Assert.Equal(4ul, fork.Sequence);
        Assert.Equal(new[] { left, right }.Order(), fork.Entries);
        Assert.Null(fork.Kept);
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(3)));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(4)));
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(2)));
        Assert.Equal(3ul, Log.View.Head);

        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(left, 5, 0, add: 5)));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(5)));
        var failure = Assert.Throws<DChatException>(() => DeviceLogSigner.Of(_house.Devices[0]).Add(Log, _house.RequestOf(6)));
        Assert.Equal("device-log-frozen", failure.Code);
    }

    [Fact]
    public void What_was_active_beyond_the_fork_waits_when_the_fork_becomes_known()
    {
        Log.Apply(DeviceLogSigner.Of(_house.Devices[0]).Add(Log, _house.RequestOf(3)));
        Log.Apply(DeviceLogSigner.Of(_house.Devices[0]).Add(Log, _house.RequestOf(4)));
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(4)));

        Log.Apply(_house.After(Household.Id(Log.Entries[2]), 4, 1, add: 5));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(3)));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(4)));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(5)));
    }

    [Fact]
    public void Devices_are_revoked_in_a_fork_and_also_those_that_were_added_in_it()
    {
        Fork();
        var signer = DeviceLogSigner.Of(_house.Devices[0]);

        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(signer.Revoke(Log, DeviceRevocation.Create(_house.KeyOf(1), []))));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(signer.Revoke(Log, DeviceRevocation.Create(_house.KeyOf(4), []))));
        Assert.Equal(DeviceStanding.Revoked, Log.View.StandingOf(_house.KeyOf(1)));
        Assert.Equal(DeviceStanding.Revoked, Log.View.StandingOf(_house.KeyOf(4)));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(3)));
        Assert.True(Log.View.IsFrozen);
    }

    [Fact]
    public void Two_devices_that_revoke_each_other_at_once_are_both_revoked()
    {
        Log.Apply(_house.After(Log.View.HeadId!.Value, 4, 0, revoke: 1));
        Log.Apply(_house.After(Household.Id(Log.Entries[2]), 4, 1, revoke: 0));

        Assert.Equal([_house.KeyOf(2)], Log.View.ActiveDevices.Select(device => device.Device));
        Assert.True(Log.View.IsFrozen);
    }

    [Fact]
    public void The_recovery_key_settles_a_fork_and_what_the_other_branch_revoked_stays_revoked()
    {
        var (left, right) = Fork();
        Log.Apply(_house.After(right, 5, 1, revoke: 2));

        Log.Apply(DeviceLogSigner.Recovery(_house.Recovery).Settle(Log, left, keepsRevocations: true));

        Assert.False(Log.View.IsFrozen);
        Assert.Equal(left, Assert.Single(Log.View.Forks).Kept);
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(3)));
        Assert.Equal(DeviceStanding.Unknown, Log.View.StandingOf(_house.KeyOf(4)));
        Assert.Equal(DeviceStanding.Revoked, Log.View.StandingOf(_house.KeyOf(2)));
        Assert.Equal(6ul, Log.View.Head);
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(DeviceLogSigner.Of(_house.Devices[3]).Add(Log, _house.RequestOf(4))));
    }

    [Fact]
    public void The_recovery_key_drops_what_a_thief_revoked()
    {
        var (left, right) = Fork();
        Log.Apply(_house.After(right, 5, 1, revoke: 0));
        Assert.Equal(DeviceStanding.Revoked, Log.View.StandingOf(_house.KeyOf(0)));

        Log.Apply(DeviceLogSigner.Recovery(_house.Recovery).Settle(Log, left, keepsRevocations: false));
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(0)));

        // And whatever the thief still signs about the time before has no effect.
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(right, 5, 1, revoke: 2)));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(_house.After(Household.Id(Log.Entries[1]), 3, 1, revoke: 0)));
        Assert.False(Log.View.IsFrozen);
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(0)));
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(2)));
    }

    [Fact]
    public void A_fork_after_the_recovery_keys_word_freezes_again()
    {
        var (left, _) = Fork();
        var settled = DeviceLogSigner.Recovery(_house.Recovery).Settle(Log, left, keepsRevocations: true);
        Log.Apply(settled);
        Log.Apply(_house.After(Household.Id(settled), 6, 0, add: 6));
        Log.Apply(_house.After(Household.Id(settled), 6, 1, add: 7));

        Assert.True(Log.View.IsFrozen);
        Assert.Equal([true, false], Log.View.Forks.Select(fork => fork.IsSettled));
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(3)));
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(6)));
    }

    [Fact]
    public void A_recovery_key_that_contradicts_itself_settles_nothing_until_it_merges_both()
    {
        var (left, right) = Fork();
        var one = _house.After(left, 5, null);
        var other = _house.After(right, 5, null);
        Log.Apply(one);
        Log.Apply(other);
        Assert.True(Log.View.IsFrozen);
        Assert.Equal(DeviceStanding.Suspended, Log.View.StandingOf(_house.KeyOf(3)));

        Log.Apply(_house.After(Household.Id(other), 6, null, merged: [Household.Id(one)]));
        Assert.False(Log.View.IsFrozen);
        Assert.Equal(DeviceStanding.Active, Log.View.StandingOf(_house.KeyOf(4)));
        Assert.Equal(DeviceStanding.Unknown, Log.View.StandingOf(_house.KeyOf(3)));
    }

    [Fact]
    public void While_it_is_forked_the_recovery_key_settles_before_anything_else()
    {
        Fork();
        var recovery = DeviceLogSigner.Recovery(_house.Recovery);

        Assert.Equal("device-log-frozen", Assert.Throws<DChatException>(() => recovery.Add(Log, _house.RequestOf(5))).Code);
        Assert.Equal("device-log-frozen", Assert.Throws<DChatException>(() => recovery.Revoke(Log, DeviceRevocation.Create(_house.KeyOf(1), []))).Code);
        Assert.Equal(
            "device-log-refused",
            Assert.Throws<DChatException>(() => DeviceLogSigner.Of(_house.Devices[0]).Settle(Log, Log.View.Forks[0].Entries[0], true)).Code);
    }

    // Devices 0 and 1 do not know of each other and add devices 3 and 4.
    private (DeviceEntryId Left, DeviceEntryId Right) Fork()
    {
        var head = Log.View.HeadId!.Value;
        var left = _house.After(head, 4, 0, add: 3);
        var right = _house.After(head, 4, 1, add: 4);
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(left));
        Assert.Equal(DeviceLogOutcome.Kept, Log.Apply(right));
        return (Household.Id(left), Household.Id(right));
    }
}
