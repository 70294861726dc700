using DChat.Core.Keys;
using DChat.Core.Relays;
using DChat.Core.Statements;
using DChat.Core.Tests.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Relays;

public sealed class GatewayDelegationTests : IDisposable
{
    private const string Label = "DCHAT-DELEGATION-V1";

    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly SigningKey _key = SigningKey.FromSeed(Given.Bytes(32, 7));

    public void Dispose() => _key.Dispose();

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var message = Sign(Delegation()).Message;

        Assert.Equal(StatementFault.None, Signed<GatewayDelegation>.TryVerify(message, Given.Network, out var read));
        Assert.Equal(Delegation(), read!.Statement);
        Assert.Equal(Notary.Sign(_key, Label, Given.Network, Delegation().Encode()), message);
    }

    [Fact]
    public void Only_the_relay_it_names_can_sign_it()
    {
        using var other = SigningKey.FromSeed(Given.Bytes(32, 8));

        Assert.Throws<ArgumentException>(() => Signed<GatewayDelegation>.Sign(Given.Network, Delegation(), other));
        Assert.Equal(StatementFault.BadSignature, Verify(Notary.Sign(other, Label, Given.Network, Delegation().Encode())));
    }

    [Fact]
    public void It_holds_from_its_first_to_its_last_millisecond()
    {
        var delegation = Delegation();

        Assert.False(delegation.HoldsAt(delegation.NotBefore.AddMilliseconds(-1)));
        Assert.True(delegation.HoldsAt(delegation.NotBefore));
        Assert.True(delegation.HoldsAt(delegation.NotAfter));
        Assert.False(delegation.HoldsAt(delegation.NotAfter.AddMilliseconds(1)));
    }

    [Fact]
    public void What_no_verifier_would_take_cannot_be_signed()
    {
        Assert.Throws<ArgumentException>(() => Sign(Delegation() with { NotAfter = Start.AddMilliseconds(-1) }));
        Assert.Throws<ArgumentException>(() => Sign(Delegation() with { NotBefore = DateTimeOffset.UnixEpoch.AddMilliseconds(-1) }));
        Assert.Equal(Start, Sign(Delegation() with { NotAfter = Start }).Statement.NotAfter);
    }

    [Fact]
    public void Times_beyond_the_calendar_keys_of_another_length_and_unknown_fields_are_refused_even_if_they_are_signed()
    {
        Assert.Equal(StatementFault.None, Change(_ => { }));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.NotAfterMs = ulong.MaxValue));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.NotBeforeMs = raw.NotAfterMs + 1));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.GatewayKey = ByteString.CopyFrom(new byte[31])));
        Assert.Equal(StatementFault.Malformed, Change(raw => raw.RelayId = ByteString.CopyFrom(new byte[33])));
        Assert.Equal(StatementFault.Malformed, Verify(Notary.Sign(_key, Label, Given.Network, [.. Delegation().Encode(), 0x78, 1])));
    }

    [Fact]
    public void An_acceptance_does_not_pass_for_a_delegation()
    {
        var acceptance = Notary.Sign(_key, "DCHAT-ACCEPTANCE-V1", Given.Network, Delegation().Encode());

        Assert.Equal(StatementFault.BadSignature, Verify(acceptance));
    }

    private static StatementFault Verify(SignedStatement message) =>
        Signed<GatewayDelegation>.TryVerify(message, Given.Network, out _);

    private Signed<GatewayDelegation> Sign(GatewayDelegation delegation) =>
        Signed<GatewayDelegation>.Sign(Given.Network, delegation, _key);

    private StatementFault Change(Action<Delegation> change)
    {
        var raw = DChat.Core.Wire.Delegation.Parser.ParseFrom(Delegation().Encode());
        change(raw);
        return Verify(Notary.Sign(_key, Label, Given.Network, raw.ToByteArray()));
    }

    private GatewayDelegation Delegation() => new()
    {
        Relay = new RelayId(_key.PublicKey),
        Gateway = new Bytes32(Given.Bytes(32, 9)),
        NotBefore = Start,
        NotAfter = Start.AddDays(365),
    };
}
