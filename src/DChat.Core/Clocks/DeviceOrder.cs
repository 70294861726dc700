using DChat.Core.Keys;

namespace DChat.Core.Clocks;

/// <summary>Orders devices by the bytes of their keys: what everybody sorts and breaks ties by, so that states come out equal.</summary>
internal sealed class DeviceOrder : IComparer<DeviceKey>
{
    public static DeviceOrder Instance { get; } = new();

    public int Compare(DeviceKey x, DeviceKey y) => x.Value.CompareTo(y.Value);
}
