using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Statements;

namespace DChat.Core.Tests.Identity;

public sealed class DeviceStateSealTests : IDisposable
{
    private readonly Household _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public void Those_it_is_sealed_to_open_it_and_nobody_else()
    {
        var state = Seal("hello"u8, recipients: [0, 1, 2]);

        for (var device = 0; device < _house.Devices.Length; device++)
        {
            Assert.Equal(device <= 2 ? "hello"u8.ToArray() : null, DeviceStateSeal.TryOpen(_house.Devices[device], state));
        }
    }

    [Fact]
    public void It_is_read_as_it_was_signed_and_any_change_spoils_it()
    {
        var signed = DeviceStateSeal.Seal(Given.Network, _house.Devices[0], _house.Identity, Given.Hlc(), [_house.Devices[1].Box], "hello"u8);

        Assert.Equal(StatementFault.None, Signed<SealedDeviceState>.TryRead(signed.Encode(), Given.Network, out var read));
        Assert.Equal("hello"u8.ToArray(), DeviceStateSeal.TryOpen(_house.Devices[1], read!.Statement));

        var bytes = signed.Encode();
        for (var i = 0; i < bytes.Length; i += 7)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.NotEqual(StatementFault.None, Signed<SealedDeviceState>.TryRead(changed, Given.Network, out _));
        }
    }

    [Fact]
    public void A_content_cannot_be_passed_off_under_another_time_device_or_identity()
    {
        var state = Seal("hello"u8, [0]);
        SealedDeviceState[] passedOff =
        [
            Copy(state, hlc: new HybridTimestamp(state.Hlc.Value + 1)),
            Copy(state, device: 3),
            Copy(state, identity: new IdentityId(new Bytes32(Given.Bytes(32, 9)))),
        ];

        Assert.NotNull(DeviceStateSeal.TryOpen(_house.Devices[0], Copy(state)));
        Assert.All(passedOff, other => Assert.Null(DeviceStateSeal.TryOpen(_house.Devices[0], other)));
    }

    [Theory]
    [InlineData(0, 1024)]
    [InlineData(1020, 1024)]
    [InlineData(1021, 2048)]
    [InlineData(16_380, 16_384)]
    [InlineData(16_381, 32_768)]
    [InlineData(32_765, 49_152)]
    [InlineData(DeviceStateSeal.MaxContentLength, SealedDeviceState.MaxContentLength)]
    public void The_relay_sees_its_rough_length_only(int length, int padded)
    {
        var content = Given.Bytes(length, 5);
        var state = Seal(content, [0]);

        Assert.Equal(padded + 16, state.Ciphertext.Length);
        Assert.Equal(content, DeviceStateSeal.TryOpen(_house.Devices[0], state));
    }

    [Fact]
    public void Too_long_a_content_and_too_many_or_no_recipients_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal(new byte[DeviceStateSeal.MaxContentLength + 1], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal([], []));
        Assert.Equal(DeviceLogLimits.MaxDevices, Seal([], [.. Enumerable.Repeat(0, DeviceLogLimits.MaxDevices)]).SealedKeys.Count);
        Assert.Throws<ArgumentOutOfRangeException>(() => Seal([], [.. Enumerable.Repeat(0, DeviceLogLimits.MaxDevices + 1)]));
    }

    [Fact]
    public void Of_two_states_the_later_counts_and_of_even_ones_always_the_same()
    {
        var old = Seal([1], [0]);
        var even = Seal([2], [0]);
        var later = Seal([3], [0], hlc: Given.Hlc(TimeSpan.FromSeconds(1)));

        Assert.True(later.IsLaterThan(old));
        Assert.False(old.IsLaterThan(later));
        Assert.NotEqual(old.IsLaterThan(even), even.IsLaterThan(old));
        Assert.False(old.IsLaterThan(old));
    }

    private SealedDeviceState Seal(ReadOnlySpan<byte> content, int[] recipients, HybridTimestamp? hlc = null) => DeviceStateSeal.Seal(
        Given.Network, _house.Devices[0], _house.Identity, hlc ?? Given.Hlc(), [.. recipients.Select(device => _house.Devices[device].Box)], content).Statement;

    private SealedDeviceState Copy(SealedDeviceState state, HybridTimestamp? hlc = null, int device = 0, IdentityId? identity = null) => new()
    {
        Identity = identity ?? state.Identity,
        Device = _house.KeyOf(device),
        Hlc = hlc ?? state.Hlc,
        EphemeralKey = state.EphemeralKey,
        SealedKeys = state.SealedKeys,
        Nonce = state.Nonce,
        Ciphertext = state.Ciphertext,
    };
}
