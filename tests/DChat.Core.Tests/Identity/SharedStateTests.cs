using DChat.Core.Clocks;
using DChat.Core.Identity;
using DChat.Core.Tests.Clocks;
using Google.Protobuf;

namespace DChat.Core.Tests.Identity;

public sealed class SharedStateTests
{
    private static readonly Func<SharedState, Replicas.Step, int, SharedState> Write = (state, step, at) => (step.Name % 2 == 0
        ? state.Write($"n{step.Name}", new HybridTimestamp((ulong)(at % 3)), Replicas.Device(step.From), new[] { (byte)step.To })
        : state.WriteField($"f{step.Name}", Replicas.Device(step.From), new[] { (byte)at })).Next(Replicas.Device(step.From));

    [Fact]
    public void Merging_is_the_same_in_any_order() => MergeLaws.Hold(SharedState.Empty, Write, (left, right) => left.Merge(right));

    [Fact]
    public void Merging_is_the_same_in_any_order_over_the_wire() =>
        MergeLaws.Hold(SharedState.Empty, Write, (left, right) => SharedState.TryDecode(left.Encode())!.Merge(SharedState.TryDecode(right.Encode())!));

    [Fact]
    public void Equal_states_are_equal_bytes()
    {
        var device = Replicas.Device(0);
        var one = SharedState.Empty.Write("a", Given.Hlc(), device, "1"u8.ToArray()).Write("b", Given.Hlc(), device, "2"u8.ToArray());
        var other = SharedState.Empty.Write("b", Given.Hlc(), device, "2"u8.ToArray()).Write("a", Given.Hlc(), device, "1"u8.ToArray());

        Assert.Equal(one, other);
        Assert.Equal(one.Encode(), other.Encode());
        Assert.Equal(one, SharedState.TryDecode(one.Encode()));
    }

    [Fact]
    public void Names_and_values_have_a_longest()
    {
        var device = Replicas.Device(0);
        var longest = new string('n', SharedState.MaxNameLength);
        var state = SharedState.Empty.Write(longest, Given.Hlc(), device, new byte[SharedState.MaxValueLength]).WriteField(longest, device, new byte[SharedState.MaxValueLength]);
        Assert.Equal(state, SharedState.TryDecode(state.Encode()));

        Assert.Throws<ArgumentException>(() => state.Write(longest + "n", Given.Hlc(), device, default));
        Assert.Throws<ArgumentException>(() => state.Write("", Given.Hlc(), device, default));
        Assert.Throws<ArgumentException>(() => state.Write("n", Given.Hlc(), device, new byte[SharedState.MaxValueLength + 1]));
        Assert.Throws<ArgumentException>(() => state.WriteField(longest + "n", device, default));
    }

    [Fact]
    public void What_is_beyond_its_limit_or_no_state_is_refused()
    {
        var key = ByteString.CopyFrom(new byte[32]);
        Action<Wire.SharedState>[] spoils =
        [
            state => state.Registers.Add(new Wire.SharedRegister { Name = "", DeviceKey = key }),
            state => state.Registers.Add(new Wire.SharedRegister { Name = new string('n', 257), DeviceKey = key }),
            state => state.Registers.Add(new Wire.SharedRegister { Name = "n", DeviceKey = ByteString.CopyFrom(new byte[31]) }),
            state => state.Registers.Add(new Wire.SharedRegister { Name = "n", DeviceKey = key, Value = ByteString.CopyFrom(new byte[1025]) }),
            state => state.Seen.Add(new Wire.SharedCount { DeviceKey = ByteString.Empty, Count = 1 }),
            state => state.Fields.Add(Field(written: 1, values: 2)),
            state => state.Fields.Add(Field(written: 257, values: 257)),
        ];
        foreach (var spoil in spoils)
        {
            var state = new Wire.SharedState();
            spoil(state);
            Assert.Null(SharedState.TryDecode(state.ToByteArray()));
        }

        var most = new Wire.SharedState();
        most.Fields.Add(Field(written: SharedState.MaxSiblings, values: SharedState.MaxSiblings));
        Assert.Equal(SharedState.MaxSiblings, SharedState.TryDecode(most.ToByteArray())!.Field("f").Values.Count);
        Assert.Null(SharedState.TryDecode([0xff]));
    }

    private static Wire.SharedField Field(ulong written, int values)
    {
        var writes = new Wire.SharedWrites { DeviceKey = ByteString.CopyFrom(new byte[32]), Written = written };
        writes.Newest.AddRange(Enumerable.Repeat(ByteString.Empty, values));
        var field = new Wire.SharedField { Name = "f" };
        field.Writes.Add(writes);
        return field;
    }
}
