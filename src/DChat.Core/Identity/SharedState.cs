using System.Collections.Immutable;
using System.Text;
using DChat.Core.Clocks;
using DChat.Core.Keys;
using Google.Protobuf;

namespace DChat.Core.Identity;

/// <summary>
/// What the devices of an identity share: registers that the last writer wins, and fields that keep siblings. Merging is associative,
/// commutative and idempotent, so devices that have seen the same writes hold the same. Immutable.
/// </summary>
public sealed class SharedState : IEquatable<SharedState>
{
    /// <summary>The longest name in bytes of UTF-8.</summary>
    public const int MaxNameLength = 256;

    /// <summary>The longest value in bytes.</summary>
    public const int MaxValueLength = 1024;

    /// <summary>The most values that a field keeps side by side.</summary>
    public const int MaxSiblings = 256;

    private readonly ImmutableSortedDictionary<string, DvvSet> _fields;

    private SharedState(LwwMap registers, ImmutableSortedDictionary<string, DvvSet> fields, VersionVector seen)
    {
        Registers = registers;
        _fields = fields;
        Seen = seen;
    }

    /// <summary>Nothing shared.</summary>
    public static SharedState Empty { get; } =
        new(LwwMap.Empty, ImmutableSortedDictionary.Create<string, DvvSet>(StringComparer.Ordinal), VersionVector.Empty);

    /// <summary>The registers, which the last writer wins.</summary>
    public LwwMap Registers { get; }

    /// <summary>The fields, which keep siblings, by name in ordinal order.</summary>
    public IEnumerable<KeyValuePair<string, DvvSet>> Fields => _fields;

    /// <summary>How many states of each device are merged in here.</summary>
    public VersionVector Seen { get; }

    /// <summary>A field; empty when nothing was written to it.</summary>
    public DvvSet Field(string name) => _fields.GetValueOrDefault(name) ?? DvvSet.Empty;

    /// <summary>The same, with a write to a register that wins over what is known.</summary>
    /// <param name="name">1 to <see cref="MaxNameLength"/> bytes of UTF-8.</param>
    /// <param name="now">What the writer's clock says.</param>
    /// <param name="device">The writer.</param>
    /// <param name="value">At most <see cref="MaxValueLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The name or the value is too long, or the name is empty.</exception>
    public SharedState Write(string name, HybridTimestamp now, DeviceKey device, ReadOnlyMemory<byte> value)
    {
        Check(name, value);
        var time = LwwRegister.After(now, Registers.Find(name));
        return new SharedState(Registers.With(name, new LwwRegister(time, device, value)), _fields, Seen);
    }

    /// <summary>The same, with a write to a field, in place of all values that it has.</summary>
    /// <param name="name">1 to <see cref="MaxNameLength"/> bytes of UTF-8.</param>
    /// <param name="device">The writer.</param>
    /// <param name="value">At most <see cref="MaxValueLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The name or the value is too long, or the name is empty.</exception>
    public SharedState WriteField(string name, DeviceKey device, ReadOnlyMemory<byte> value)
    {
        Check(name, value);
        var field = Field(name);
        return new SharedState(Registers, _fields.SetItem(name, field.Write(device, field.Context, value)), Seen);
    }

    /// <summary>The same, as the next state of a device.</summary>
    public SharedState Next(DeviceKey device) => new(Registers, _fields, Seen.With(device, Seen[device] + 1));

    /// <summary>The values alone, so that those who hold the same encode to the same.</summary>
    public SharedState WithoutSeen() => new(Registers, _fields, VersionVector.Empty);

    /// <summary>What either holds.</summary>
    public SharedState Merge(SharedState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var fields = other._fields.Aggregate(_fields, (all, field) => all.SetItem(field.Key, Field(field.Key).Merge(field.Value)));
        return new SharedState(Registers.Merge(other.Registers), fields, Seen.Merge(other.Seen));
    }

    /// <summary>Whether both hold the same values, whatever they have seen.</summary>
    public bool HasSameValues(SharedState other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return Registers.Equals(other.Registers) && _fields.SequenceEqual(other._fields);
    }

    /// <inheritdoc/>
    public bool Equals(SharedState? other) => other is not null && HasSameValues(other) && Seen.Equals(other.Seen);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SharedState);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Registers, Seen, _fields.Count);

    /// <summary>Encodes it (<c>Protocol/identity.proto</c>); equal states to equal bytes.</summary>
    public byte[] Encode()
    {
        var state = new Wire.SharedState();
        state.Registers.AddRange(Registers.Registers.Select(entry => new Wire.SharedRegister
        {
            Name = entry.Key,
            DeviceKey = Bytes(entry.Value.Device),
            Hlc = entry.Value.Time.Value,
            Value = UnsafeByteOperations.UnsafeWrap(entry.Value.Value),
        }));
        foreach (var (name, values) in _fields)
        {
            var field = new Wire.SharedField { Name = name };
            foreach (var (device, entry) in values.Entries)
            {
                var writes = new Wire.SharedWrites { DeviceKey = Bytes(device), Written = entry.Written };
                writes.Newest.AddRange(entry.Newest.Select(UnsafeByteOperations.UnsafeWrap));
                field.Writes.Add(writes);
            }

            state.Fields.Add(field);
        }

        state.Seen.AddRange(Seen.Counts.Select(entry => new Wire.SharedCount { DeviceKey = Bytes(entry.Key), Count = entry.Value }));
        return state.ToByteArray();
    }

    /// <summary>Reads an encoded state.</summary>
    /// <returns>Null when the bytes are none, or something is beyond its limit.</returns>
    public static SharedState? TryDecode(ReadOnlySpan<byte> bytes)
    {
        Wire.SharedState read;
        try
        {
            read = Wire.SharedState.Parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }

        if (read.Registers.Any(register => !IsName(register.Name) || register.DeviceKey.Length != Bytes32.Length || register.Value.Length > MaxValueLength)
            || read.Seen.Any(count => count.DeviceKey.Length != Bytes32.Length))
        {
            return null;
        }

        var registers = read.Registers.Aggregate(LwwMap.Empty, (all, register) => all.With(
            register.Name, new LwwRegister(new HybridTimestamp(register.Hlc), Device(register.DeviceKey), register.Value.Memory)));
        var seen = read.Seen.Aggregate(VersionVector.Empty, (all, count) => all.With(Device(count.DeviceKey), count.Count));
        var fields = Empty._fields.ToBuilder();
        foreach (var field in read.Fields)
        {
            if (!IsName(field.Name) || ReadField(field) is not { } values)
            {
                return null;
            }

            fields[field.Name] = fields.GetValueOrDefault(field.Name, DvvSet.Empty).Merge(values);
        }

        return new SharedState(registers, fields.ToImmutable(), seen);
    }

    private static DvvSet? ReadField(Wire.SharedField field)
    {
        if (field.Writes.Any(writes => writes.DeviceKey.Length != Bytes32.Length || writes.Newest.Any(value => value.Length > MaxValueLength))
            || field.Writes.Sum(writes => writes.Newest.Count) > MaxSiblings
            || field.Writes.DistinctBy(writes => writes.DeviceKey).Count() != field.Writes.Count)
        {
            return null;
        }

        List<KeyValuePair<DeviceKey, DvvEntry>> entries = [];
        foreach (var writes in field.Writes)
        {
            if (DvvEntry.TryCreate(writes.Written, writes.Newest.Select(value => value.Memory)) is not { } entry)
            {
                return null;
            }

            entries.Add(new(Device(writes.DeviceKey), entry));
        }

        return DvvSet.Of(entries);
    }

    private static void Check(string name, ReadOnlyMemory<byte> value)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!IsName(name) || value.Length > MaxValueLength)
        {
            throw new ArgumentException($"A name is 1–{MaxNameLength} bytes of UTF-8 and a value at most {MaxValueLength} bytes.");
        }
    }

    private static bool IsName(string name) => name.Length > 0 && Encoding.UTF8.GetByteCount(name) <= MaxNameLength;

    private static DeviceKey Device(ByteString bytes) => new(new Bytes32(bytes.Span));

    private static ByteString Bytes(DeviceKey device) => UnsafeByteOperations.UnsafeWrap(device.Value.ToArray());
}
