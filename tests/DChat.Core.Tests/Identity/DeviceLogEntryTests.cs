using CsCheck;
using DChat.Core.Identity;
using DChat.Core.Keys;
using DChat.Core.Statements;
using DChat.Core.Tests.Statements;
using DChat.Core.Wire;
using Google.Protobuf;

namespace DChat.Core.Tests.Identity;

public sealed class DeviceLogEntryTests : IDisposable
{
    private const string Label = "DCHAT-DEVICE-ENTRY-V1";

    private readonly Household _house = new();

    public void Dispose() => _house.Dispose();

    [Fact]
    public void What_is_signed_is_what_is_read()
    {
        var root = Household.Id(_house.First);
        var revocation = DeviceRevocation.Create(_house.KeyOf(1), [new AuthorCutoff(Given.Topic, 2, new AuthorKey(new Bytes32(Given.Bytes(32, 5))), 7)]);
        Signed<DeviceLogEntry>[] entries =
        [
            _house.First,
            _house.After(root, 2, 0, add: 1),
            _house.After(root, 9, null, merged: [new DeviceEntryId(new Bytes32(Given.Bytes(32, 3))), root]),
            Signed<DeviceLogEntry>.Sign(
                Given.Network,
                new DeviceLogEntry { Identity = _house.Identity, Sequence = 2, Previous = root, Signer = _house.KeyOf(0).Value, Revoked = revocation },
                _house.Devices[0].SigningKey),
        ];

        foreach (var entry in entries)
        {
            Assert.Equal(StatementFault.None, Signed<DeviceLogEntry>.TryRead(entry.Encode(), Given.Network, out var read));
            Assert.Equal(entry.Statement.Encode(), read!.Statement.Encode());
            Assert.Equal(entry.Statement.Kind, read.Statement.Kind);
            Assert.Equal(Household.Id(entry), Household.Id(read));
        }

        Assert.Equal([DeviceEntryKind.First, DeviceEntryKind.Add, DeviceEntryKind.Settle, DeviceEntryKind.Revoke], entries.Select(entry => entry.Statement.Kind));
    }

    [Fact]
    public void The_id_covers_what_the_contract_says_and_not_the_signature()
    {
        var statement = _house.First.Message.Statement.ToByteArray();
        byte[] signed = [.. "DCHAT-DEVICE-ENTRY-V1\0"u8, (byte)Given.Network.Length, .. System.Text.Encoding.ASCII.GetBytes(Given.Network), .. statement];

        Assert.Equal(new Bytes32(System.Security.Cryptography.SHA256.HashData(signed)), Household.Id(_house.First).Value);
    }

    [Fact]
    public void What_is_no_entry_is_refused_even_if_it_is_signed()
    {
        var root = ByteString.CopyFrom(Household.Id(_house.First).Value.ToArray());
        var good = new DeviceEntry { Identity = root, Sequence = 2, Previous = root, Signer = Key(_house.KeyOf(0)), Settle = new Settlement() };
        Assert.Equal(StatementFault.None, Read(good));

        Action<DeviceEntry>[] spoils =
        [
            entry => entry.ClearWhat(),
            entry => entry.Sequence = 0,
            entry => entry.Sequence = 1,
            entry => entry.Identity = ByteString.Empty,
            entry => entry.Identity = ByteString.CopyFrom(root.Span[1..]),
            entry => entry.Previous = ByteString.Empty,
            entry => entry.Merged.Add(ByteString.CopyFrom(new byte[31])),
            entry => entry.Merged.Add([root, root]),
            entry => entry.Merged.Add(Enumerable.Range(0, 17).Select(i => ByteString.CopyFrom(Given.Bytes(32, (byte)i)))),
            entry => entry.First = new FirstEntry { BoxKey = root, Salt = ByteString.CopyFrom(new byte[16]) },
            entry => entry.Revoke = new Revocation { DeviceKey = root, Salt = ByteString.CopyFrom(new byte[15]) },
            entry => entry.Revoke = new Revocation { DeviceKey = root, Salt = ByteString.CopyFrom(new byte[16]), Cutoffs = ByteString.CopyFrom(new byte[31]) },
            entry => entry.Revoke = new Revocation { DeviceKey = root, Salt = ByteString.CopyFrom(new byte[16]), Cutoffs = ByteString.CopyFrom(new byte[64]) },
        ];
        foreach (var spoil in spoils)
        {
            var spoiled = good.Clone();
            spoil(spoiled);
            Assert.Equal(StatementFault.Malformed, Read(spoiled));
        }
    }

    [Fact]
    public void The_longest_entry_is_read_and_a_longer_one_is_not_parsed()
    {
        using var house = new Household();
        var cutoffs = Enumerable.Range(0, DeviceLogLimits.MaxCutoffs).SelectMany(i => new Bytes32([.. Given.Bytes(30, 9), (byte)(i >> 8), (byte)i]).ToArray()).ToArray();
        var root = ByteString.CopyFrom(Household.Id(_house.First).Value.ToArray());
        var longest = new DeviceEntry
        {
            Identity = root,
            Sequence = ulong.MaxValue,
            Previous = root,
            Signer = Key(_house.KeyOf(0)),
            Revoke = new Revocation { DeviceKey = root, Salt = ByteString.CopyFrom(new byte[16]), Cutoffs = ByteString.CopyFrom(cutoffs) },
        };
        longest.Merged.Add(Enumerable.Range(0, DeviceLogLimits.MaxMerged).Select(i => ByteString.CopyFrom(Given.Bytes(32, (byte)i))));
        Assert.Equal(StatementFault.None, Read(longest));

        longest.Revoke.Cutoffs = ByteString.CopyFrom(new byte[DeviceLogEntry.MaxLength]);
        Assert.Equal(StatementFault.Oversized, Read(longest));
    }

    [Fact]
    public void Any_bytes_are_read_or_refused_and_never_throw() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        _ = DeviceLogEntry.TryDecode(bytes);
        _ = DeviceRequest.TryDecode(bytes);
        _ = SealedDeviceState.TryDecode(bytes);
        _ = Core.Identity.SharedState.TryDecode(bytes);
    });

    [Fact]
    public void Any_changed_byte_of_an_entry_is_read_or_refused_and_never_throws()
    {
        var statement = _house.After(Household.Id(_house.First), 2, 0, add: 1).Message.Statement.ToByteArray();
        Gen.Select(Gen.Int[0, statement.Length - 1], Gen.Byte).Sample((at, value) =>
        {
            var changed = statement.ToArray();
            changed[at] = value;
            if (DeviceLogEntry.TryDecode(changed) is { } read)
            {
                _ = read.Encode();
            }
        });
    }

    private static ByteString Key(DeviceKey device) => ByteString.CopyFrom(device.Value.ToArray());

    private StatementFault Read(DeviceEntry entry) =>
        Signed<DeviceLogEntry>.TryVerify(Notary.Sign(_house.Devices[0].SigningKey, Label, Given.Network, entry.ToByteArray()), Given.Network, out _);
}
