namespace DChat.Repository.Tests.Fakes.High;

/// <summary>Stands on the upper floor, where it may use the lower.</summary>
internal static class Tower
{
    public static int Height() => Low.Cellar.Depth;
}
