using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using DChat.Core;

namespace DChat.Repository.Tests.Wire;

/// <summary>Values of any contract, filled as far as types tell, so that the serializer writes all that it can name.</summary>
internal static class Samples
{
    public static object? Of(Type type) =>
        type == typeof(string) ? "x"
        : type == typeof(StreamId) ? StreamId.Create("space", "key")
        : type.IsAssignableTo(typeof(DChatException)) ? new DChatException("code", "text")
        : type.IsAssignableTo(typeof(IGrainObserver)) ? null
        : type.IsArray ? OfArray(type.GetElementType()!)
        : Nullable.GetUnderlyingType(type) is { } underlying ? Of(underlying)
        : type.IsAbstract ? Of(type.Assembly.GetTypes().First(other => other.BaseType == type))
        : GrainContracts.IsOurs(type) && !type.IsEnum ? OfMembers(type)
        : type is { IsPrimitive: true, IsEnum: false } ? Convert.ChangeType(1, type, CultureInfo.InvariantCulture)
        : type.IsValueType ? Activator.CreateInstance(type)
        : null;

    private static Array OfArray(Type element)
    {
        var array = Array.CreateInstance(element, 1);
        array.SetValue(Of(element), 0);
        return array;
    }

    private static object OfMembers(Type type)
    {
        var value = RuntimeHelpers.GetUninitializedObject(type);
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
        {
            field.SetValue(value, Of(field.FieldType));
        }

        return value;
    }
}
