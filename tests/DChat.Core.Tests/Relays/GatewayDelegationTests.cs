using DChat.Core.Relays;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Relays;

public sealed class GatewayDelegationTests : IDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly RelayKey _key = RelayKey.FromSeed(Given.Bytes(32, 7));

    public void Dispose() => _key.Dispose();

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var delegation = Delegation();

        Assert.Equal(delegation, GatewayDelegation.TryVerify(delegation.Sign(_key)));
    }

    [Fact]
    public void A_key_is_restored_from_its_seed_and_never_printed()
    {
        using var drawn = RelayKey.Generate();
        var seed = drawn.ExportSeed();
        using var restored = RelayKey.FromSeed(seed);

        Assert.Equal(drawn.Id, restored.Id);
        Assert.Equal(drawn.Id.ToString(), drawn.ToString());
        Assert.DoesNotContain(Convert.ToHexStringLower(seed), drawn.ToString(), StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => RelayKey.FromSeed(seed.AsSpan(1)));
    }

    [Fact]
    public void Any_changed_byte_spoils_it()
    {
        var bytes = Delegation().Sign(_key).ToByteArray();
        for (var i = 0; i < bytes.Length; i++)
        {
            var changed = bytes.ToArray();
            changed[i] ^= 1;
            Assert.Null(TryVerify(changed));
        }
    }

    [Fact]
    public void Only_the_relay_it_names_can_sign_it()
    {
        using var other = RelayKey.FromSeed(Given.Bytes(32, 8));

        Assert.Throws<ArgumentException>(() => Delegation().Sign(other));
        var forged = (Delegation() with { Relay = other.Id }).Sign(other);
        forged.Delegation = Delegation().Sign(_key).Delegation;
        Assert.Null(GatewayDelegation.TryVerify(forged));
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
        Assert.Throws<ArgumentException>(() => (Delegation() with { NotAfter = Start.AddMilliseconds(-1) }).Sign(_key));
        Assert.Throws<ArgumentException>(() => (Delegation() with { NotBefore = DateTimeOffset.UnixEpoch.AddMilliseconds(-1) }).Sign(_key));
        Assert.Throws<ArgumentException>(() => (Delegation() with { Network = "a/b" }).Sign(_key));
        var instant = Delegation() with { NotAfter = Start };
        Assert.Equal(instant, GatewayDelegation.TryVerify(instant.Sign(_key)));
    }

    [Theory]
    [InlineData(GatewayDelegation.MaxLength, true)]
    [InlineData(GatewayDelegation.MaxLength + 1, false)]
    public void A_delegation_beyond_its_longest_is_refused_even_if_it_is_signed(int length, bool isTaken)
    {
        var bytes = Delegation().Sign(_key).Delegation.ToByteArray();

        // An unknown field 15: tag, length and zeros.
        byte[] padded = [.. bytes, 0x7a, .. Varint(length - bytes.Length - 3), .. new byte[length - bytes.Length - 3]];
        Assert.Equal(length, padded.Length);
        var signed = new SignedDelegation
        {
            Delegation = ByteString.CopyFrom(padded),
            Signature = ByteString.CopyFrom(_key.Sign("DCHAT-DELEGATION-V1\0"u8, padded)),
        };

        Assert.Equal(isTaken, GatewayDelegation.TryVerify(signed) is not null);
    }

    [Fact]
    public void Times_beyond_the_calendar_and_keys_of_another_length_are_refused_even_if_they_are_signed()
    {
        Assert.NotNull(Verify(_ => { }));
        Assert.Null(Verify(raw => raw.NotAfterMs = ulong.MaxValue));
        Assert.Null(Verify(raw => raw.NotBeforeMs = raw.NotAfterMs + 1));
        Assert.Null(Verify(raw => raw.GatewayKey = ByteString.CopyFrom(new byte[31])));
        Assert.Null(Verify(raw => raw.RelayId = ByteString.CopyFrom(new byte[33])));
        Assert.Null(Verify(raw => raw.Network = "a/b"));
    }

    [Fact]
    public void The_signature_is_that_of_another_ed25519_over_the_label_and_the_bytes()
    {
        var signed = Delegation().Sign(_key);
        var key = NSec.Cryptography.PublicKey.Import(
            NSec.Cryptography.SignatureAlgorithm.Ed25519, _key.Id.Value.ToArray(), NSec.Cryptography.KeyBlobFormat.RawPublicKey);

        Assert.True(NSec.Cryptography.SignatureAlgorithm.Ed25519.Verify(
            key, [.. "DCHAT-DELEGATION-V1\0"u8, .. signed.Delegation.Span], signed.Signature.Span));
    }

    private GatewayDelegation Delegation() => new()
    {
        Network = "dchat-test",
        Relay = _key.Id,
        Gateway = new Bytes32(Given.Bytes(32, 9)),
        NotBefore = Start,
        NotAfter = Start.AddDays(365),
    };

    private GatewayDelegation? Verify(Action<Delegation> change)
    {
        var raw = DChat.Core.Wire.Delegation.Parser.ParseFrom(Delegation().Sign(_key).Delegation);
        change(raw);
        var bytes = raw.ToByteArray();
        return GatewayDelegation.TryVerify(new SignedDelegation
        {
            Delegation = ByteString.CopyFrom(bytes),
            Signature = ByteString.CopyFrom(_key.Sign("DCHAT-DELEGATION-V1\0"u8, bytes)),
        });
    }

    private static GatewayDelegation? TryVerify(byte[] bytes)
    {
        try
        {
            return GatewayDelegation.TryVerify(SignedDelegation.Parser.ParseFrom(bytes));
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static byte[] Varint(int value) => value < 128
        ? throw new ArgumentOutOfRangeException(nameof(value), value, "Two bytes are expected here.")
        : [(byte)(value | 0x80), (byte)(value >> 7)];
}
